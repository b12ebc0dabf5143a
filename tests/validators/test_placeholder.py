"""The check `placeholder`, and lists of known pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from pixcrawler_validators import placeholder
from pixcrawler_validators.known_pictures import read_known
from pydantic import ValidationError

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS

PANDA = PHOTOGRAPHS / "mammals/red-panda.jpg"
HEX = "0123456789abcdef"


class TestContract(ValidatorContract):
    component = next(placeholder.register_validators())


class TestContractWithKnown(ValidatorContract):
    component = next(placeholder.register_validators())
    options: ClassVar[dict[str, Any]] = {"known": ("8" + "0" * 15, "0" * 64)}


def judged(image: Image, **options: Any) -> Verdict:
    check = placeholder.build(placeholder.PlaceholderOptions(**options))
    return check.judge(check.measure(image))


def plain(folder: Path, drawn: int = 0, kind: str = "png") -> Image:
    """A grey picture of 300 by 300 pixels with a black square of so many pixels' width."""
    picture = Pillow.new("RGB", (300, 300), "#c0c0c0")
    picture.paste("black", (10, 10, 10 + drawn, 10 + drawn))
    path = folder / f"plain.{kind}"
    picture.save(path)
    return Image.open(path)


@pytest.mark.parametrize("path", sorted(PHOTOGRAPHS.glob("*/*.jpg"))[::4], ids=lambda path: path.stem)
def test_a_photograph_varies(path: Path) -> None:
    verdict = judged(Image.open(path))
    assert verdict.reason is None
    assert (verdict.score or 0) > 0.3


@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
def test_a_picture_of_one_colour_is_rejected(tmp_path: Path, kind: str) -> None:
    verdict = judged(plain(tmp_path, kind=kind))
    assert (verdict.reason, verdict.score) == ("single-colour", 0)
    assert verdict.detail == "all but 0.00% of the picture is of one shade, and 1.00% must differ"


def test_noise_does_not_vary_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "noise.jpg"
    Pillow.effect_noise((400, 400), 2).save(path, quality=50)
    assert judged(Image.open(path)).reason == "single-colour"


@pytest.mark.parametrize(("drawn", "reason"), [(20, "single-colour"), (40, None)])
def test_nearly_one_colour(tmp_path: Path, drawn: int, reason: str | None) -> None:
    verdict = judged(plain(tmp_path, drawn))
    assert verdict.reason == reason
    assert verdict.score == pytest.approx(drawn**2 / 300**2, abs=0.004)
    assert judged(plain(tmp_path, drawn), threshold=0).reason is None


def test_a_known_file_is_rejected() -> None:
    image = Image.open(PANDA)
    verdict = judged(image, known=(image.sha256.upper(),))
    assert (verdict.reason, verdict.detail) == ("placeholder", "the file is a known place-holder")
    assert judged(image, known=("0" * 64,)).reason is None


def test_a_known_picture_is_rejected_in_another_size(tmp_path: Path) -> None:
    path = tmp_path / "smaller.png"
    Pillow.open(PANDA).resize((300, 200)).save(path)
    known = Image.open(PANDA).phash
    verdict = judged(Image.open(path), known=(known,))
    assert verdict.reason == "placeholder"
    assert "of 64 bits from a known place-holder" in (verdict.detail or "")
    assert judged(Image.open(PHOTOGRAPHS / "mammals/gorilla.jpg"), known=(known,)).reason is None


def test_hashes_are_measured_only_where_some_are_known() -> None:
    image = Image.open(PANDA)
    without = placeholder.build(placeholder.PlaceholderOptions()).measure(image)
    some = placeholder.build(placeholder.PlaceholderOptions(known=("0" * 16,))).measure(image)
    assert (set(without), set(some)) == ({"varied"}, {"varied", "sha256", "phash"})
    assert "known" in next(placeholder.register_validators()).measured_by


@pytest.mark.parametrize(("radius", "reason"), [(2, None), (3, "placeholder")])
def test_the_radius(radius: int, reason: str | None) -> None:
    options = placeholder.PlaceholderOptions(known=("000000000000000b",), radius=radius)
    measures = {"varied": 0.5, "sha256": "1" * 64, "phash": "0" * 16}
    assert placeholder.build(options).judge(measures).reason == reason


def test_a_file_of_hashes_may_have_names_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "known.txt"
    path.write_text(f"# place-holders\n\n{'a' * 64}  gone.png\n  {'B' * 16} # in grey\n{'b' * 16}\n", "utf-8")
    known = read_known(path)
    assert (known.digests, known.hashes) == (frozenset({"a" * 64}), (int("b" * 16, 16),))
    assert judged(Image.open(PANDA), known=str(path)).reason is None


@pytest.mark.parametrize("written", [b"abc\n", b"\xff\xfe", b"g" * 64, None])
def test_a_file_of_anything_else_is_refused(tmp_path: Path, written: bytes | None) -> None:
    path = tmp_path / "known.txt"
    if written is not None:
        path.write_bytes(written)
    with pytest.raises(ConfigError, match=r"known\.txt"):
        read_known(path)
    with pytest.raises(ValidationError, match=r"known\.txt"):
        placeholder.PlaceholderOptions(known=path)


@given(one=st.text(HEX, min_size=16, max_size=16), other=st.text(HEX, min_size=16, max_size=16))
def test_the_distance_counts_bits(one: str, other: str) -> None:
    bits = [f"{int(each, 16):064b}" for each in (one, other)]
    assert read_known((one,)).distance(other) == sum(a != b for a, b in zip(*bits, strict=True))


def test_there_is_no_distance_to_nothing() -> None:
    assert read_known(("a" * 64,)).distance("0" * 16) is None
