"""What all forms that people fill in have in common, and the plain values in them."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

SLUG: Final = r"[a-z0-9][a-z0-9-]{0,39}"
Slug = Annotated[str, Field(pattern=f"^{SLUG}$")]
Text = Annotated[str, Field(max_length=200, pattern=r"\S")]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Positive = Annotated[int, Field(ge=1)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class Form(BaseModel):
    """Other keys and other types are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
