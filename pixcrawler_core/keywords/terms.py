"""Says which queries must not be asked: by the job's blocklist, and by terms that are unfit for work."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Literal

from pixcrawler_core.words import folded

Policy = Literal["drop", "refuse", "allow"]

UNFIT = frozenset(files(__package__).joinpath("unfit.txt").read_text("ascii").split())
"""English words of sex, nudity and cruelty. Written for this project; `nsfw` in `[keywords]` says what
follows from them."""


class Terms:
    """Judges texts by the words in them."""

    def __init__(self, blocklist: Iterable[str] = (), nsfw: Policy = "drop") -> None:
        self._blocked = {folded(term): term for term in blocklist}
        self._nsfw = nsfw

    def against(self, text: str, *, given: bool = False) -> str | None:
        """Why a text is not to be asked for; None if nothing speaks against it.

        `given` is for a keyword that a person gave: words that are unfit for work speak against it only if
        the policy is `refuse`.
        """
        padded = f" {folded(text)} "
        for term, written in self._blocked.items():
            if f" {term} " in padded:
                return f"it has {written!r}, which is on the blocklist"
        if self._nsfw == "allow" or (given and self._nsfw == "drop"):
            return None
        unfit = UNFIT.intersection(padded.split())
        return f"it has {min(unfit)!r}, which is unfit for work" if unfit else None
