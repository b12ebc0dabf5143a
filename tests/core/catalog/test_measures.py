"""What checks measured is kept by the digest of the bytes, for all jobs."""

from __future__ import annotations

from peewee import Database

from pixcrawler_core.catalog.measures import MeasureStore


def test_measures_come_back_as_they_were_kept(database: Database) -> None:
    store = MeasureStore(database)
    told = {"sigma": 0.25, "names": ["red", "\ud800\0"], "box": {"x": 1}, "grey": False}
    store.keep([("a", {"noise@1:x": told, "blur@1:y": {"edge": 3}}), ("b", {"noise@1:x": {"sigma": 1}})])
    assert store.of("a") == {"noise@1:x": told, "blur@1:y": {"edge": 3}}
    assert store.of("b") == {"noise@1:x": {"sigma": 1}}
    assert store.of("c") == {}


def test_what_is_measured_anew_takes_the_place(database: Database) -> None:
    store = MeasureStore(database)
    store.keep([("a", {"noise@1:x": {"sigma": 1}})])
    store.keep([("a", {"noise@1:x": {"sigma": 2}, "blur@1:y": {}})])
    store.keep([])
    assert store.of("a") == {"noise@1:x": {"sigma": 2}, "blur@1:y": {}}
