"""The token that whoever asks must know, of a file that is read again when it changes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from streams.endpoints import ListenError
from streams.endpoints.watched import Watched
from streams.secrets_file import TOKEN, Secret, SecretFileError, is_same, read_secret

_SCHEME: Final = "bearer "


@dataclass(slots=True)
class Bearer:
    """A token in a file. Raises :class:`ListenError` for a file that has none to be used."""

    file: Path
    told: str
    """How the file was named: ``VARIABLE=FILE``."""
    watched: Watched = field(init=False)
    _secret: Secret = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.watched = Watched((self.file,), self.renew)  # from before it is read
        self.renew()

    def renew(self) -> None:
        """Read the file again. Raises :class:`ListenError`; then all is as it was."""
        try:
            self._secret = Secret(read_secret(str(self.file), self.told, TOKEN, is_long=True))
        except SecretFileError as error:
            raise ListenError(str(error)) from None

    def is_told(self, authorization: str) -> bool:
        """Say whether a header tells the token; that takes as long whatever it tells."""
        scheme, told = authorization[: len(_SCHEME)], authorization[len(_SCHEME) :]
        return scheme.lower() == _SCHEME and is_same(told.strip(), self._secret.strip())
