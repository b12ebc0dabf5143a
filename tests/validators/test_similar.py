"""The check `similar`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PIL import Image as Pillow
from pixcrawler_validators import similar
from pydantic import ValidationError

from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS

PANDA = PHOTOGRAPHS / "mammals/red-panda.jpg"


class TestContract(ValidatorContract):
    component = next(similar.register_validators())


class TestContractWithReferences(ValidatorContract):
    component = next(similar.register_validators())
    options: ClassVar[dict[str, Any]] = {"references": ("0123456789abcdef",)}


def judged(image: Image, **options: Any) -> Verdict:
    check = similar.build(similar.SimilarOptions(**options))
    return check.judge(check.measure(image))


def test_without_references_everything_passes() -> None:
    assert judged(Image.open(PANDA)) == Verdict()


@pytest.mark.parametrize(
    ("size", "quality"),
    [((1200, 800), 90), ((300, 200), 90), ((600, 400), 30)],
    ids=["large", "small", "poor"],
)
def test_a_reference_is_known_in_another_form(tmp_path: Path, size: tuple[int, int], quality: int) -> None:
    path = tmp_path / "again.jpg"
    Pillow.open(PANDA).resize(size).save(path, quality=quality)
    verdict = judged(Image.open(path), references=("0" * 16, Image.open(PANDA).phash))
    assert verdict.reason == "similar"
    assert verdict.threshold == 9 / 64
    assert (verdict.score or 0) < 9 / 64
    assert (verdict.detail or "").endswith("of 64 bits differ from a reference, and 8 are like it")


def test_a_reference_may_be_a_file_of_its_own() -> None:
    image = Image.open(PANDA)
    assert judged(image, references=(image.sha256,)).detail == "the file is a reference"
    assert judged(Image.open(PHOTOGRAPHS / "mammals/koala.jpg"), references=(image.sha256,)) == Verdict()


def test_references_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "known.txt"
    path.write_text(f"{Image.open(PANDA).phash}  red-panda.jpg\n", "utf-8")
    assert judged(Image.open(PANDA), references=str(path)).reason == "similar"


def test_different_photographs_are_not_alike() -> None:
    images = [Image.open(path) for path in sorted(PHOTOGRAPHS.glob("*/*.jpg"))[::4]]
    alike = [
        (one.path.name, other.path.name)
        for one, other in itertools.combinations(images, 2)
        if judged(one, references=(other.phash,)).reason
    ]
    assert not alike


@pytest.mark.parametrize(("radius", "reason"), [(3, None), (4, "similar")])
def test_the_radius(radius: int, reason: str | None) -> None:
    check = similar.build(similar.SimilarOptions(references=("000000000000000f",), radius=radius))
    verdict = check.judge({"phash": "0" * 16, "sha256": "1" * 64})
    assert (verdict.reason, verdict.score) == (reason, 4 / 64)
    assert verdict.threshold == (radius + 1) / 64


@pytest.mark.parametrize("references", [("abc",), ("g" * 16,), "missing.txt", 3])
def test_what_is_no_hash_is_refused(references: Any) -> None:
    with pytest.raises(ValidationError):
        similar.SimilarOptions(references=references)
