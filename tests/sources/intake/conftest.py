"""An intake as a process, for the tests of this folder."""

from intake_run import make_intake, shared

__all__ = ["make_intake", "shared"]
