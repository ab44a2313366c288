"""The parts of a report, each a function from what there is to a section."""
