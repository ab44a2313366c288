"""How long, how much and when, as findings say it."""

from streams.domain.swedish import decimal


def lasting(seconds: float) -> str:
    """Return how long something is in words: ``45 s``, ``12 min``, ``3 tim`` or ``4 dygn``."""
    for limit, unit, word in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "tim")):
        if abs(seconds) < limit:
            return f"{round(seconds / unit)} {word}"
    return f"{round(seconds / 86_400)} dygn"


def room(number: int) -> str:
    """Return an amount of bytes: ``1,5 GiB`` or ``12 MiB``."""
    gibibytes = number / (1 << 30)
    if gibibytes >= 1:
        return f"{decimal(round(gibibytes, 1))} GiB"
    return f"{round(number / (1 << 20))} MiB"
