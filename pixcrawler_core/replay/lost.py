"""Tells which images of a lock are not there any more, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pixcrawler_core.provenance.links import state_of
from pixcrawler_core.records import State
from pixcrawler_core.replay.rows import place_of

if TYPE_CHECKING:
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.replay.lock import Lock

TWICE = "twice"
"""Reason of an image whose URL the lock has for another one too."""


class Lost(NamedTuple):
    """An image that a replay does not have: how it was lost, with the reason and the sentence of the ledger.

    `state` is `gone`, `changed`, `refused` or `failed` as in `provenance.links`, or `rejected`.
    """

    path: str
    sha256: str
    url: str
    state: str
    reason: str
    detail: str | None


def lost_images(ledger: Ledger, lock: Lock) -> Iterator[Lost]:
    """The images of a lock that are none of the ledger's dataset, in the order of the lock."""
    ends = dict(_ends(ledger))
    for image in lock.images():
        state, reason, detail = ends.get(image.place, (State.REJECTED, TWICE, "the lock has its URL twice"))
        if state is State.ACCEPTED:
            continue
        lost = "rejected" if state is State.REJECTED else state_of(state, reason)
        candidate = image.candidate
        yield Lost(image.path, candidate.expected_sha256 or "", candidate.image_url, lost, reason, detail)


def report_of(lock: Lock, lost: Iterable[Lost]) -> dict[str, Any]:
    """What `metadata/replay.json` tells: of which lock this is a replay, and what is lost."""
    told = list(lost)
    images = lock.counts.total()
    return {
        "of": lock.of(),
        "images": images,
        "there": images - len(told),
        "counts": dict(Counter(each.state for each in told).most_common()),
        "lost": [each._asdict() for each in told],
    }


def _ends(ledger: Ledger) -> Iterator[tuple[tuple[str, int], tuple[State, str, str | None]]]:
    """How the row of each image ended, by its place; an accepted one has no reason."""
    for row in ledger.rows():
        place = place_of(json.loads(row["extra"] or "{}"))
        if place is not None:
            yield place, (State(row["state"]), row["reason"] or "", row["detail"])
