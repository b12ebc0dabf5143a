"""Indexes and collections in folders that cannot be written to."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.methods import build_methods
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Match
from pixcrawler_core.registry import load
from tests.conftest import PHOTOGRAPHS
from tests.core.dedup import filling
from tests.core.unwritable import enterable, locked_up

PHOTOGRAPH = PHOTOGRAPHS / "castles/chambord.jpg"


def found(home: Path) -> dict[str, list[Match]]:
    """What each method finds for a photograph in a collection that is not changed."""
    methods = build_methods(load(installed=False), ["sha256", "pixels", "phash"], {})
    image = Image.open(PHOTOGRAPH)
    with Collection(home, methods, changing=False) as reading:
        return {each.name: list(reading.find(each.version, each.fingerprint(image, {}))) for each in methods}


def test_a_collection_can_be_compared_with() -> None:
    methods = build_methods(load(installed=False), ["sha256", "pixels", "phash"], {})
    with enterable() as folder:
        home = folder / "collection"
        with Collection(home, methods) as collection:
            (seen,) = collection.add([PHOTOGRAPH], 1)
        before = found(home)
        assert [[match.key for match in each] for each in before.values()] == [[seen.key]] * 3
        with locked_up(home):
            assert found(home) == before


def test_vectors_can_be_found() -> None:
    with enterable() as folder:
        with closing(filling.opened(folder)) as index:
            index.add(1, filling.vector(1))
        with locked_up(folder), closing(filling.opened(folder)) as index:
            assert index.find(filling.vector(1)) == [Match(1, 0.0)]
            with pytest.raises(WorkspaceError, match="cannot use the index"):
                index.remove(1)
