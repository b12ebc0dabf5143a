from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.detectors.coco import NAMES, kind_of


def test_there_are_eighty_kinds() -> None:
    assert len(set(NAMES)) == len(NAMES) == 80
    assert (NAMES[0], NAMES[16], NAMES[79]) == ("person", "dog", "toothbrush")


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_is_called_by_its_name(name: str) -> None:
    assert kind_of(name) == kind_of(name.upper().replace(" ", "-")) == name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Dogs", "dog"),
        ("traffic_lights", "traffic light"),
        ("buses", "bus"),
        ("  wine   glasses ", "wine glass"),
        ("knives", "knife"),
        ("sofa", "couch"),
        ("TV set", "tv"),
        ("people", "person"),
        ("women", "person"),
        ("old man", "person"),
        ("smiling_children", "person"),
    ],
)
def test_people_ask_in_many_ways(words: str, name: str) -> None:
    assert kind_of(words) == name


@pytest.mark.parametrize(
    "words", ["", "-", "prairie dog", "toy car", "red panda", "man made lake", "catfish"]
)
def test_other_things_are_no_kind(words: str) -> None:
    assert kind_of(words) is None


@given(st.text(max_size=30))
def test_any_words_may_be_asked(words: str) -> None:
    assert kind_of(words) in {None, *NAMES}
