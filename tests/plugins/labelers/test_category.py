"""The labeler `category`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pixcrawler_plugins.labelers import category

from pixcrawler_core.components import Labeler
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import LabelerContract


class TestContract(LabelerContract):
    component = next(category.register_labelers())


def labels(candidate: Candidate | None) -> list[Label]:
    labeler = load(installed=False).build(Labeler, "category")
    return list(labeler(Image(Path("there-is-no-such-file"), "00" * 32, 1, candidate)))


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("red-panda", "red-panda"),
        ("Ailurus  fulgens \n", "Ailurus fulgens"),
        ("a\0b\u202ec", "a b c"),
        ("雪豹", "雪豹"),
        ("x" * 300, "x" * 200),
    ],
)
def test_the_category_is_the_only_label_and_the_file_is_not_read(told: str, name: str) -> None:
    found = Candidate(engine="e", category=told, query="q", image_url="https://a.example/1.jpg")
    assert labels(found) == [Label(name=name)]


def test_without_a_category_there_is_no_label() -> None:
    nameless = Candidate(engine="e", category="\0 \u2028", query="q", image_url="https://a.example/1.jpg")
    assert (labels(nameless), labels(None)) == ([], [])
