"""Notes in the log of the catalog what was done, and tells sinks of it: the one place where both happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog import audit
from pixcrawler_core.events.event import KINDS

if TYPE_CHECKING:
    from pixcrawler_core.events.sinks import Sinks


def noted(sinks: Sinks, action: str, *, entity: str, entity_id: str = "", details: Mapping[str, Any]) -> None:
    """Add an entry to the log, and once it is there, tell sinks, if events of its kind are told.

    What they are told of is the `unit` in the details, or the entity. Raises the errors of the driver.
    """
    audit.record(action, entity=entity, entity_id=entity_id, details=details)
    tell(sinks, action, entity_id, details)


def tell(sinks: Sinks, action: str, subject: str, details: Mapping[str, Any]) -> None:
    """Tell sinks of what stands in the log already."""
    if action in KINDS:
        sinks.emit(KINDS[action], str(details.get("unit", subject)), details)
