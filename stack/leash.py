"""Become another program that dies when its parent dies, even if the parent is killed with -9.

Run as a script, `python leash.py PARENT_PID PROGRAM ARGUMENT...`: it asks the kernel for SIGKILL
at the parent's death, which an exec keeps, and becomes the program under the same process id.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, argv: list[str]) -> None:
    """Replace this process by `argv`, tied to the life of the process `parent`."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(1)
    os.execv(argv[0], argv)  # noqa: S606 # no shell is meant


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
