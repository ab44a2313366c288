"""``svarsgrad outlook`` and ``learn-profile``: the rest of today, and what it is told by."""
