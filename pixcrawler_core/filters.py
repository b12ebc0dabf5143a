"""One vocabulary of filters for all sources, and what it says of a candidate that is already there."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core.config.words import Words
from pixcrawler_core.licences import Rights, allows
from pixcrawler_core.records import Candidate
from pixcrawler_core.words import folded, shortened

Size = Literal["small", "medium", "large", "wallpaper"]
Aspect = Literal["tall", "square", "wide"]
Color = Literal[
    "color", "monochrome", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown",
    "black", "gray", "white", "transparent",
]  # fmt: skip
Kind = Literal["photo", "illustration", "clipart", "lineart", "animated", "face", "transparent"]

SIDES = {"small": (1, 399), "medium": (400, 1199), "large": (1200, None), "wallpaper": (1600, None)}
"""Pixels of the longer side that each `size` means here; engines have limits of their own."""
SQUARE = 1.1
"""Longer by shorter side up to which an image counts as square."""
_DAY = re.compile(r"(?<![\d-])(\d{4})-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?(?![\d-])")
"""A day or a month (ISO 8601)."""
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")


class Filters(BaseModel):
    """What images are looked for, beside the words. Each source maps what it can to its own terms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Size | None = Field(
        default=None,
        description="Size by the longer side: `small` under 400 pixels, `medium` under 1200, `large` from "
        "1200, `wallpaper` from 1600; a source that knows such a filter uses its own limits.",
    )
    min_width: int | None = Field(default=None, ge=1, le=100_000, description="Least width in pixels.")
    min_height: int | None = Field(default=None, ge=1, le=100_000, description="Least height in pixels.")
    color: Color | None = Field(default=None, description="Dominant colour.")
    type: Kind | None = Field(default=None, description="Kind of image.")
    aspect: Aspect | None = Field(default=None, description="Shape of the image.")
    license: Rights | None = Field(
        default=None,
        description="What the declared licence must allow: `any` (there is one), `public-domain`, "
        "`commercial` use, `modification`, or both.",
    )
    since: date | None = Field(default=None, description="Not older than this day (YYYY-MM-DD).")
    until: date | None = Field(default=None, description="Not newer than this day (YYYY-MM-DD).")
    safe_search: Literal["off", "moderate", "strict"] = Field(
        default="moderate", description="How much of what is unfit for work is left out."
    )
    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2}$", description="Language of the search, two letters (ISO 639-1)."
    )
    region: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2}$",
        description="Country of the search, two letters (ISO 3166).",
    )

    without: Words = Field(
        default=(),
        description="Words, or phrases, that no result may have: sources that can are asked to leave them "
        "out, and results that have them in title, description or tags are left out later.",
    )

    @property
    def given(self) -> frozenset[str]:
        """Names of the filters that were given."""
        return frozenset(self.model_fields_set)

    def words(self, query: str, longest: int | None = None) -> str:
        """A query with what is to be left out, as most search engines read it: `crane -bird -"toy crane"`.

        Of a query of more than `longest` characters the last words are cut off; what is to be left out does
        not stand in it then, and is judged later alone.
        """
        unwanted = (each.replace('"', " ").split() for each in self.without)
        asked = " ".join(
            [
                query,
                *(f'-"{" ".join(words)}"' if words[1:] else f"-{words[0]}" for words in unwanted if words),
            ]
        )
        if longest is None or len(asked) <= longest:
            return asked
        return shortened(query, longest)

    def misfit(self, candidate: Candidate, mapped: Collection[str] = ()) -> str | None:
        """Why a candidate does not fit, by what its source declares; None if nothing speaks against it.

        A source that declares nothing is believed: sizes are measured again once the image is there. A
        licence that was asked for and is not declared does speak against it. Size, shape and a licence that
        is not declared are left to sources that were asked for them in their own terms (`mapped`).
        """
        return (
            self._misfit_of_size(candidate, mapped)
            or (None if "license" in mapped and not candidate.license else self._misfit_of_licence(candidate))
            or self._misfit_of_date(candidate)
            or self._misfit_of_safety(candidate)
            or self._misfit_of_words(candidate)
        )

    def _misfit_of_size(self, candidate: Candidate, mapped: Collection[str]) -> str | None:
        width, height = candidate.width, candidate.height
        if width is None or height is None:
            return None
        told = f"{width} x {height} pixels"
        if width < (self.min_width or 1) or height < (self.min_height or 1):
            return f"{told} are less than {self.min_width or 1} x {self.min_height or 1}"
        if self.size is not None and "size" not in mapped:
            least, most = SIDES[self.size]
            if not (least or 1) <= max(width, height) <= (most or max(width, height)):
                return f"{told} are not of the size {self.size}"
        if self.aspect is not None and "aspect" not in mapped and self.aspect != shape_of(width, height):
            return f"{told} are not {self.aspect}"
        return None

    def _misfit_of_licence(self, candidate: Candidate) -> str | None:
        if self.license is None or allows(candidate.license, self.license):
            return None
        return f"the licence {candidate.license or 'is not told, which'} does not mean {self.license}"

    def _misfit_of_date(self, candidate: Candidate) -> str | None:
        first, last = days_of(candidate.date or "")
        if self.since is not None and last and last < self.since.isoformat():
            return f"its date {last} is before {self.since}"
        if self.until is not None and first > self.until.isoformat():
            return f"its date {first} is after {self.until}"
        return None

    def _misfit_of_safety(self, candidate: Candidate) -> str | None:
        if self.safe_search != "off" and candidate.safe is False:
            return "the source marks it as unsafe for work"
        return None

    def _misfit_of_words(self, candidate: Candidate) -> str | None:
        if not self.without:
            return None
        told = f" {folded(' | '.join(filter(None, (candidate.title, candidate.alt, *candidate.tags))))} "
        unwanted = next((each for each in self.without if f" {folded(each)} " in told), None)
        return None if unwanted is None else f"its source says {unwanted!r} of it, which is left out"


CHECKED_LATER = frozenset(
    {"size", "min_width", "min_height", "aspect", "license", "since", "until", "safe_search", "without"}
)
"""Filters that a candidate can be judged by after discovery, by what its source declares."""


def shape_of(width: int, height: int) -> Aspect:
    """`tall`, `square` or `wide`."""
    if max(width, height) <= SQUARE * min(width, height):
        return "square"
    return "wide" if width > height else "tall"


def days_of(told: str) -> tuple[str, str]:
    """First and last day (`YYYY-MM-DD`) that a date may mean, a year or a span of years; empty if unknown."""
    if found := _DAY.search(told):
        return f"{found[1]}-{found[2]}-{found[3] or '01'}", f"{found[1]}-{found[2]}-{found[3] or '31'}"
    years = sorted(year for year in _YEAR.findall(told) if year != "0000")
    return (f"{years[0]}-01-01", f"{years[-1]}-12-31") if years else ("", "")
