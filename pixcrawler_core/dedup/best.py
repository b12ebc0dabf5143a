"""Which of several images that duplicate each other is the best one, and is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pixcrawler_core.licences import Rights, allows

FREEDOMS: Sequence[Rights] = (
    "public-domain",
    "commercial-modification",
    "commercial",
    "modification",
    "any",
)
"""What a licence may allow; the more of these, the freer it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is known of an image beside others. Of two images, the one with the lesser `key` is the better.

    First counts the number of pixels, then quality, then the freedom of the licence, then the source, then
    the size of the file, and at last the name, so that it is always decided. What is not known counts as
    the worst that it could be.
    """

    name: str
    """Tells the image from all others; of two that are equal otherwise, the one that is first by the alphabet
    is the better."""
    pixels: int = 0
    """Width times height."""
    quality: float | None = None
    """0 to 1, how little was lost in compression."""
    licence: str | None = None
    """A code as `pixcrawler_core.licences` gives it."""
    source: int | None = None
    """Place in the order of sources, from 0 for the best one."""
    size: int = 0
    """Bytes of the file. Of pictures with equal numbers of pixels, the larger file has mostly lost less."""

    @property
    def key(self) -> tuple[float | str, ...]:
        """Sorts the better image first."""
        return (
            -self.pixels,
            -(self.quality or 0.0),
            -freedom(self.licence),
            float("inf") if self.source is None else self.source,
            -self.size,
            self.name,
        )


def freedom(licence: str | None) -> int:
    """How much a licence code allows: 0 for nothing or an unknown one, to 5 for the public domain."""
    return sum(allows(licence, rights) for rights in FREEDOMS)
