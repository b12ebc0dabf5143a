"""The table `[events]` of the job file."""

from __future__ import annotations

from pydantic import Field

from pixcrawler_core.config.table import Picks
from pixcrawler_core.config.words import Words


class EventsTable(Picks):
    """Who is told of what happens, with a table per sink for its options."""

    sinks: Words = Field(default=(), description="Sinks that are told of each event.")
    patience: float = Field(
        default=10.0,
        ge=0,
        le=300,
        description="Seconds that the end of a command waits for sinks that have not taken all events yet.",
    )
