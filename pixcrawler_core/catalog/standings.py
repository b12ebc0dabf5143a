"""Remembers how sources stand: who is left alone, until when, and why."""

from __future__ import annotations

from peewee import TextField

from pixcrawler_core.catalog.database import reported
from pixcrawler_core.catalog.fields import CatalogModel, JsonField, UtcField, utc_now
from pixcrawler_core.crawl.health import Standing
from pixcrawler_core.sources import PageClass


class SourceState(CatalogModel):
    """The standing of one source in this workspace."""

    engine = TextField(primary_key=True)
    page_class = TextField()
    since = UtcField(default=utc_now)
    until = UtcField(null=True)
    evidence = JsonField()


def standings() -> dict[str, Standing]:
    """How every source that was asked from this workspace stands, by its name."""
    return {
        row.engine: Standing(
            page_class=PageClass(row.page_class), since=row.since, until=row.until, evidence=row.evidence
        )
        for row in SourceState.select().order_by(SourceState.engine)
    }


def save_standing(engine: str, standing: Standing) -> None:
    """Replace what is remembered of a source. Raises WorkspaceError."""
    told = {
        "page_class": standing.page_class.value,
        "since": standing.since,
        "until": standing.until,
        "evidence": dict(standing.evidence),
    }
    row = SourceState.insert(engine=engine, **told)
    with reported(f"cannot remember how the source {engine} stands"):
        row.on_conflict(conflict_target=[SourceState.engine], update=told).execute()
