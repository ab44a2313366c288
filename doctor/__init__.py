"""``svarsgrad doctor``: looks at all that a running svarsgrad stands on, and says what to do.

Probes see, each within a bounded time and without changing anything. Judging says what that means,
in words, and asks nobody: what can be found, and what is said of it, takes no broker to be read.
"""
