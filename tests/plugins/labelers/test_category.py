"""The labeler `category`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_plugins.labelers import category
from pixcrawler_validators import category as check

from pixcrawler_core.agreement import Agreement
from pixcrawler_core.classifier import MODEL
from pixcrawler_core.components import Labeler, Models
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.errors import ModelMissing
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, ImageNet, imagenet
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.registry import load
from pixcrawler_core.subjects import Subjects
from pixcrawler_core.testing.contracts import LabelerContract
from pixcrawler_core.text_embedding import MODEL as TEXT_MODEL
from pixcrawler_core.text_embedding import TOKENIZER, TextEmbedder
from tests.plugins.labelers.modelled import ModelContract, labels, photograph


class TestContract(LabelerContract):
    component = next(category.register_labelers())


class TestContractWithAgreement(ModelContract):
    """With few classes, since reading the explanations of all takes seconds."""

    component = replace(
        next(category.register_labelers()), build=lambda _, models: partial(category.weighed, few(models))
    )


def few(models: Models) -> Agreement:
    known = imagenet(models.path(CLASSES), models.path(WORDNET))
    classes = ImageNet(known.offsets[::100], known.words)
    subjects = Subjects(classes, lambda: TextEmbedder(models.session(TEXT_MODEL), models.path(TOKENIZER)))
    return Agreement(subjects, FirstClasses(models.session(MODEL), 100))


class FirstClasses:
    """A session of the classifier that knows only every so manieth class."""

    def __init__(self, session: Session, every: int) -> None:
        self.session, self.every = session, every

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any], /) -> Sequence[Any]:
        logits, embedding = self.session.run(outputs, inputs)
        return logits[:, :: self.every], embedding


def said(candidate: Candidate | None) -> list[Label]:
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
    assert said(found) == [Label(name=name)]


def test_without_a_category_there_is_no_label() -> None:
    nameless = Candidate(engine="e", category="\0 \u2028", query="q", image_url="https://a.example/1.jpg")
    assert (said(nameless), said(None)) == ([], [])


def test_models_are_asked_for_only_with_agreement(tmp_path: Path) -> None:
    empty, image = ModelStore(tmp_path), photograph("mammals/cheetah.jpg", "cheetah")
    assert labels("category", image, empty) == [Label(name="cheetah")]
    with pytest.raises(ModelMissing, match="pixcrawler models pull"):
        labels("category", image, empty, agreement=True)
    part = load(installed=False).get(Labeler, "category")
    assert part.needed(category.CategoryOptions()) == ()
    assert part.needed(category.CategoryOptions(agreement=True)) == part.models


@pytest.mark.parametrize(
    ("name", "asked"), [("mammals/cheetah.jpg", "cheetahs"), ("castles/eilean-donan.jpg", "dogs")]
)
def test_agreement_is_what_the_check_measures(models: ModelStore, name: str, asked: str) -> None:
    image = photograph(name, asked)
    (label,) = labels("category", image, models, agreement=True)
    validator = check.build(check.CategoryOptions(), models)
    measures = validator.measure(image)
    assert label.name == asked
    assert label.score == validator.judge(measures).score
    assert label.attributes == {"shows": measures["shows"]}
    assert label.model == "efficientnet-lite0 0.1.0"


def test_a_picture_of_something_else_agrees_less(models: ModelStore) -> None:
    (right,) = labels("category", photograph("mammals/cheetah.jpg", "cheetah"), models, agreement=True)
    (wrong,) = labels("category", photograph("mammals/cheetah.jpg", "lighthouse"), models, agreement=True)
    assert right.score is not None
    assert wrong.score is not None
    assert right.score > 0.9
    assert wrong.score < 0.2
    assert wrong.attributes["shows"][0] == "cheetah"


def test_where_no_class_can_tell_there_is_no_score(models: ModelStore) -> None:
    image = photograph("mammals/cheetah.jpg", "portrait")
    assert labels("category", image, models, agreement=True) == [Label(name="portrait")]
