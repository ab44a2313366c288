"""Endpoints for machines: what answers Prometheus and probes, and who may ask what.

A worker, the archive, followers and the intake answer through the same door: a bounded number of
connections for a bounded time, TLS and a token where they are told of them, and nothing in the
clear beyond the machine itself unless that is said. The wall is served so too, but for its pages.

What a certificate or a token is read from is read again when it changes.
"""


class ListenError(Exception):
    """An address can't be answered on as it is told; whoever told it must act.

    The message is one line in Swedish that says what to do.
    """
