"""The labeler `caption`, and the sentences that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from pixcrawler_plugins.labelers import caption
from pixcrawler_plugins.labelers.sentences import counted, sentence, with_article

from pixcrawler_core.components import Labeler
from pixcrawler_core.detectors.coco import NAMES
from pixcrawler_core.errors import ModelMissing, PluginError
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import LabelerContract
from tests.plugins.labelers.modelled import ModelContract, labels, photograph


class TestContract(LabelerContract):
    component = next(caption.register_labelers())


class TestContractWithObjects(ModelContract):
    component = next(caption.register_labelers())
    options: ClassVar = {"objects": True}


def made(text: str, *parts: str) -> list[Label]:
    return [Label(name=text, attributes={"made_by": "template", "from": list(parts)})]


def test_the_category_and_the_colours_are_told() -> None:
    image = photograph("farm-animals/dairy-cow.jpg", "dairy-cow")
    assert labels("caption", image) == made(
        "a photo of a dairy cow; mostly green and grey", "category", "colors"
    )


def test_objects_are_counted_where_they_are_asked_for(models: ModelStore) -> None:
    image = photograph("farm-animals/dairy-cow.jpg", "alpine pasture")
    assert labels("caption", image, models, objects=True) == made(
        "a photo of an alpine pasture, with three cows; mostly green and grey",
        *("category", "objects", "colors"),
    )


def test_a_category_that_was_counted_is_told_once(models: ModelStore) -> None:
    image = photograph("farm-animals/dairy-cow.jpg", "Cows")
    assert labels("caption", image, models, objects=True) == made(
        "a photo of three cows; mostly green and grey", "objects", "colors"
    )


def test_without_a_category_colours_remain() -> None:
    image = photograph("farm-animals/dairy-cow.jpg")
    assert labels("caption", image, medium="drawing") == made("a drawing; mostly green and grey", "colors")


def test_where_there_is_nothing_to_say_nothing_is_said(tmp_path: Path) -> None:
    colours = ["red", "blue", "yellow", "black", "white", "green", "pink"]
    picture = Pillow.new("RGB", (700, 300))
    for place, colour in enumerate(colours):
        picture.paste(Pillow.new("RGB", (100, 300), colour), (100 * place, 0))
    picture.save(tmp_path / "many.png")
    assert labels("caption", Image.open(tmp_path / "many.png")) == []


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("a\0b\u202ec", "a photo of a b c"),
        ("<b>x</b>" * 100, "a photo of a <b>x</b>"),
        ("--- ", "a photo"),
        ("x" * 300, "a photo of an? " + "x" * 60),
    ],
)
def test_nasty_categories_do_no_harm(category: str, said: str) -> None:
    image = photograph("farm-animals/dairy-cow.jpg", category)
    (label,) = labels("caption", image)
    assert label.name.replace("of a x", "of an? x").startswith(said)
    assert len(label.name) <= 200


def test_the_model_is_asked_for_only_with_objects(tmp_path: Path) -> None:
    image, empty = photograph("farm-animals/dairy-cow.jpg", "cow"), ModelStore(tmp_path)
    assert labels("caption", image, empty)
    with pytest.raises(ModelMissing, match="pixcrawler models pull nanodet"):
        labels("caption", image, empty, objects=True)
    part = load(installed=False).get(Labeler, "caption")
    assert part.needed(caption.CaptionOptions()) == ()
    assert part.needed(caption.CaptionOptions(objects=True)) == ("nanodet",)


@pytest.mark.parametrize("options", [{"medium": ""}, {"medium": "a;\n"}, {"min_score": 0.1}, {"model": "x"}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match="labeler 'caption'"):
        labels("caption", photograph("farm-animals/dairy-cow.jpg"), **options)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"dog": 2, "person": 1}, "two dogs and a person"),
        ({"person": 11, "airplane": 1, "bus": 2}, "11 people, two buses and an airplane"),
        ({"skis": 1}, "skis"),
        ({"sheep": 1}, "a sheep"),
        ({"sheep": 10, "wine glass": 3, "couch": 2, "knife": 2, "cat": 1},
         "ten sheep, three wine glasses, two couches and two knives"),
    ],
)  # fmt: skip
def test_objects_are_counted_in_words(counts: Mapping[str, int], said: str) -> None:
    assert sentence("photo", None, counts, []) == f"a photo of {said}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("owl", "an owl"),
        ("red panda", "a red panda"),
        ("cats", "cats"),
        ("Eiffel Tower", "Eiffel Tower"),
        ("the sea", "the sea"),
        ("雪豹", "雪豹"),
    ],
)
def test_articles(words: str, said: str) -> None:
    assert with_article(words) == said


@given(st.sampled_from(NAMES), st.integers(1, 30))
def test_every_kind_can_be_counted(kind: str, number: int) -> None:
    said = counted(kind, number)
    assert said
    assert (number > 10) == (said[:2].isdigit())


def test_a_label_never_claims_a_model(models: ModelStore) -> None:
    found = labels("caption", photograph("farm-animals/dairy-cow.jpg", "cow"), models, objects=True)
    assert [(each.model, each.score) for each in found] == [(None, None)]


def test_it_needs_no_candidate() -> None:
    image = photograph("farm-animals/dairy-cow.jpg")
    bare = Image(image.path, image.sha256, image.size, None)
    assert labels("caption", bare) == labels("caption", image)
    assert isinstance(image.candidate, Candidate)
