"""People at work: how many answer each queue, and whether what is promised of that is kept."""
