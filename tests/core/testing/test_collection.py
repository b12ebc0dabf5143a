from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.testing.web.collection import ENGINES, Collection, Entry
from pixcrawler_core.testing.web.faults import FAULTS
from pixcrawler_core.testing.web.photographs import Photograph, load_photographs


@pytest.fixture(scope="module")
def loaded(photographs: Path) -> list[Photograph]:
    return load_photographs(photographs)


def good(collection: Collection, engine: str) -> set[Entry]:
    return {entry for entry in collection.entries[engine] if entry.fault is None}


def test_every_photograph_is_found_and_few_are_on_both_engines(loaded: list[Photograph]) -> None:
    collection = Collection(loaded)
    found = {engine: {entry.photograph.key for entry in good(collection, engine)} for engine in ENGINES}
    assert found["openverse"] | found["wikimedia"] == {photograph.key for photograph in loaded}
    both = found["openverse"] & found["wikimedia"]
    assert 0 < len(both) <= len(loaded) / 4


def test_addresses_differ_between_engines_and_are_unique(loaded: list[Photograph]) -> None:
    collection = Collection(loaded)
    paths = [entry.path for engine in ENGINES for entry in collection.entries[engine]]
    assert len(paths) == len(set(paths))
    assert len({entry.host for entry in collection.entries["openverse"]}) > 1


@settings(max_examples=40)
@given(share=st.floats(0, 0.9), seed=st.integers(0, 1000))
def test_faults_come_on_top_and_are_the_same_for_a_seed(
    loaded: list[Photograph], share: float, seed: int
) -> None:
    plain, mixed = Collection(loaded), Collection(loaded, share, seed)
    again = Collection(loaded, share, seed)
    for engine in ENGINES:
        assert good(mixed, engine) == good(plain, engine)
        assert mixed.entries[engine] == again.entries[engine]
        total = len(mixed.entries[engine])
        assert len({entry.number for entry in mixed.entries[engine]}) == total
        assert len({(entry.host, entry.path) for entry in mixed.entries[engine]}) == total
        faulty = total - len(good(mixed, engine))
        assert faulty == pytest.approx(share * total, abs=3)


def test_another_seed_picks_other_faults(loaded: list[Photograph]) -> None:
    first, second = Collection(loaded, 0.5, 1), Collection(loaded, 0.5, 2)
    assert first.entries != second.entries


def test_enough_faults_show_every_mixed_kind(loaded: list[Photograph]) -> None:
    collection = Collection(loaded, 0.6, 1)
    kinds = {entry.fault for engine in ENGINES for entry in collection.entries[engine]}
    assert {name for name, fault in FAULTS.items() if fault.mixed} <= kinds
    assert {"robots-disallow-all", "tdm-reserved"} <= kinds
    assert "stalled" not in kinds


@pytest.mark.parametrize("share", [-0.1, 0.95, 1, float("nan")])
def test_share_outside_its_range_is_refused(loaded: list[Photograph], share: float) -> None:
    with pytest.raises(ValueError, match="share of faults"):
        Collection(loaded, share)


def test_search_needs_every_word(loaded: list[Photograph]) -> None:
    collection = Collection(loaded)
    assert {entry.photograph.category for entry in collection.search("openverse", "Red Pandas")} == {
        "red-panda"
    }
    assert collection.search("openverse", "red leopard") == []
    assert len(collection.search("openverse", "picture")) == len(collection.entries["openverse"])


def test_the_same_picture_in_two_categories_has_two_addresses(loaded: list[Photograph]) -> None:
    twins = [dataclasses.replace(loaded[0], key=f"{name}/a.jpg", category=name) for name in ("one", "two")]
    entries = Collection(twins).entries["wikimedia"]
    assert len({entry.path for entry in entries}) == len({entry.number for entry in entries}) == 2


def test_a_hostile_title_makes_no_path(loaded: list[Photograph]) -> None:
    hostile = dataclasses.replace(loaded[0], title="../../etc/passwd?<b>#\x00\n")
    for engine in ENGINES:
        for entry in Collection([hostile]).entries[engine]:
            assert ".." not in entry.path.split("/")
            assert not set("?#<>\n\x00") & set(entry.path)
