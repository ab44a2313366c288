"""The pure core: events in, facts of legs kept, figures out. Imports no I/O library."""
