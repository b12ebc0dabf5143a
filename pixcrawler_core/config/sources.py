"""The table `[sources]` of the job file."""

from __future__ import annotations

from pydantic import Field

from pixcrawler_core.config.table import Picks, Table
from pixcrawler_core.config.words import Words
from pixcrawler_core.filters import Filters

DEFAULT_ENGINES = (
    *("openverse", "wikimedia", "inaturalist", "gbif", "met", "nasa", "loc", "artic", "cleveland", "smk"),
    *("museums_victoria", "wellcome", "internet_archive", "stocksnap", "finna"),
)
"""Open collections, which need no key."""


class Suspensions(Table):
    """Seconds for which a source is not asked, by the class of its answer; 0: the next run asks again."""

    blocked: float = Field(default=3600, ge=0, le=5e7, description="After a captcha or a refusal.")
    throttled: float = Field(
        default=180,
        ge=0,
        le=5e7,
        description="After it asked to slow down too often, if it did not say for how long.",
    )
    changed_layout: float = Field(
        default=86_400, ge=0, le=5e7, description="After an answer of a form that no parser knows."
    )
    failed: float = Field(
        default=0, ge=0, le=5e7, description="After no answer, or one that tells of an error."
    )


class SourcesTable(Picks):
    """Where to search, with a table per source for its options."""

    engines: Words = Field(
        default=DEFAULT_ENGINES,
        min_length=1,
        description="Sources that are asked, each for every keyword. Not given: the open collections that "
        "need no key.",
    )
    filters: Filters = Field(
        default_factory=Filters,
        description="What images are looked for, beside the words; each source maps what it can.",
    )
    suspend: Suspensions = Field(
        default_factory=Suspensions,
        description="How long a source is left alone after an answer that was no result.",
    )
    save_pages: bool = Field(
        default=False,
        description="Keep answers that were no results (blocked, throttled, of an unknown layout, failed) in "
        "the workspace's folder `pages`.",
    )
