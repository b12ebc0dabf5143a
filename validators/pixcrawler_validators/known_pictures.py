"""Lists of known pictures for the checks `placeholder` and `similar`: digests and perceptual hashes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from pixcrawler_core.errors import ConfigError

BITS = 64
"""Of a perceptual hash."""
_HASH = re.compile("[0-9a-f]{16}(?:[0-9a-f]{48})?")


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownPictures:
    """Hashes of pictures."""

    digests: frozenset[str]
    """SHA-256 of files, 64 hex digits."""
    hashes: tuple[int, ...]
    """Perceptual hashes, as `Image.phash` gives them in hex."""

    def distance(self, phash: str) -> int | None:
        """Bits in which the nearest hash differs, 0 to 64; None if there is no hash to compare with."""
        own = int(phash, 16)
        return min(((own ^ known).bit_count() for known in self.hashes), default=None)


def read_known(given: Path | tuple[str, ...]) -> KnownPictures:
    """The hashes of a list or of a file, one in each line.

    In a file, what follows a hash after a space, empty lines, and what follows a `#` are passed over. Raises
    ConfigError for anything else, and for a file that cannot be read.
    """
    found = list(_lines(given) if isinstance(given, Path) else _words("the list", given))
    return KnownPictures(
        digests=frozenset(each for each in found if len(each) == 64),
        hashes=tuple(dict.fromkeys(int(each, 16) for each in found if len(each) == 16)),
    )


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            lines = [line.split("#")[0].split()[:1] for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the list of hashes {str(path)!r} cannot be read: {error}") from error
    return _words(str(path), (words[0] for words in lines if words))


def _words(place: str, words: Iterable[str]) -> Iterator[str]:
    for word in words:
        told = word.strip().lower()
        if not _HASH.fullmatch(told):
            raise ConfigError(
                f"{word[:80]!r} in {place} is no hash: a SHA-256 has 64 hex digits, a perceptual hash has 16"
            )
        yield told


def _readable(given: Any) -> Any:
    try:
        read_known(given)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return given


Known = Annotated[tuple[str, ...] | Path, AfterValidator(_readable)]
"""An option: hashes, or the path of a file with them, as seen from the folder where the command runs."""
