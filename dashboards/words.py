"""What codes are called by who looks at a screen: each of the code's own lists has its words."""

from typing import Final

STATES: Final = {
    "within": "Inom mål",
    "unsure": "Osäkert",
    "under": "Under mål",
    "closed": "Stängt",
    "none": "Inga data",
    "missing": "Data saknas",
}
"""How a promise stands."""
TIERS: Final = {
    "akut": "Akut",
    "eskalering": "Akut",
    "drift": "Glider",
    "dagen_i_fara": "Dagen i fara",
    "ko_vaxer": "Kön växer",
    "forfallet": "Förfallet",
    "forfaller": "Förfaller",
    "data_saknas": "Data saknas",
}
"""Tier of an alert → what it is called on a screen. Others are told to those whom they concern."""
RESULTS: Final = {
    "folded": "räknade",
    "skipped": "av okänd typ",
    "expired": "för gamla",
    "rejected": "avvisade",
}
"""What became of an event."""
REJECTIONS: Final = {
    "too_large": "för stort meddelande",
    "too_many": "för många i ett meddelande",
    "not_json": "inte JSON",
    "duplicate_keys": "samma nyckel två gånger",
    "invalid": "fel form",
    "newer_version": "av nyare version",
    "before_arrival": "före sin början",
    "wrong_topic": "fel ämne",
    "from_the_future": "ur framtiden",
    "unknown_municipality": "okänd kommun",
    "misplaced": "fel partition",
    "no_value": "utan värde",
}
BOOKS: Final = {
    "calls": "samtal",
    "questions": "frågor",
    "cases": "ärenden",
    "surveys": "enkätsvar",
    "presence": "bemanning",
    "measures": "andras mätningar",
}
COMPARED: Final = {"figures": "siffror", "books": "böcker"}
STANDINGS: Final = {
    "kept": "håller tiderna",
    "broken": "har haft obemannad tid",
    "unreported": "rapporterar inte",
    "not_yet": "har inte öppnat än",
    "no_guideline": "har ingen riktlinje",
}
"""How an administration stands with its guideline."""
