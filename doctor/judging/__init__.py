"""What each thing that was seen means: pure functions from what probes saw to findings."""
