"""What codes are called in Swedish, wherever people read them."""

from typing import Final

CHANNELS: Final = {
    "phone": "telefon",
    "email": "e-post",
    "e_service": "e-tjänst",
    "chat": "chatt",
    "social": "sociala medier",
    "visit": "besök",
    "post": "brev",
}
MISSES: Final = {
    "answered_late": "svar för sent",
    "abandoned_late": "lade på efter gränsen",
    "abandoned_early": "lade på före gränsen",
    "overflowed": "gick vidare till en annan kö",
    "refused": "nekades, kön var full",
    "closed": "kön stängde",
    "callback": "uppringning för sent",
    "waiting": "väntar över gränsen",
}
"""Why a call was not in time."""
