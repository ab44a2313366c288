"""Text in a file that somebody gives with a report."""

from pathlib import Path

from streams.domain.swedish import reason


def read_given_text(path: Path, most_bytes: int, refusal: type[ValueError]) -> str:
    """Return the text in a file of UTF-8; ``refusal``, in one line, for what can't be read."""
    try:
        if path.stat().st_size > most_bytes:
            raise refusal(f"{path} är för stor")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise refusal(f"{path} går inte att läsa: {reason(error)}") from None
    except UnicodeDecodeError:
        raise refusal(f"{path} är inte UTF-8: spara den så") from None
