"""The table `[keywords]` of the job file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pixcrawler_core.config.table import Picks
from pixcrawler_core.config.words import Words

DEFAULT_THRESHOLD = 0.5


class KeywordsTable(Picks):
    """How keywords are widened to more queries, with a table per expander for its options."""

    expanders: Words = Field(
        default=(),
        description="Expanders that are asked for further queries, in this order; with none, sources are "
        "asked for the keywords as they are.",
    )
    most: int = Field(
        default=20, ge=0, le=1000, description="Most queries that a keyword is widened to, beside itself."
    )
    threshold: float = Field(
        default=DEFAULT_THRESHOLD,
        ge=0,
        le=1,
        description="Least score of a query, so that a search does not drift: 1 is the keyword itself.",
    )
    blocklist: Words = Field(
        default=(),
        description="Words, or phrases, that no query may have; a keyword that has one is refused.",
    )
    nsfw: Literal["drop", "refuse", "allow"] = Field(
        default="drop",
        description="What is done about words that are unfit for work: queries that expanders give are "
        "dropped (`drop`), keywords are refused too (`refuse`), or all are asked (`allow`).",
    )
    adapt: bool = Field(
        default=True,
        description="Let queries rest of which hardly anything is accepted, until the others are exhausted.",
    )
