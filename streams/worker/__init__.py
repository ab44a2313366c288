"""The worker: Faust reads in a group, ledgers follow the log, and what they show is served."""
