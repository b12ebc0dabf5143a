"""The check `alpha`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from PIL import Image as Pillow
from pixcrawler_validators import alpha
from pydantic import ValidationError

from pixcrawler_core.components import Check
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS

SIZE = (320, 200)
PHOTOGRAPH = Pillow.open(PHOTOGRAPHS / "mammals/red-panda.jpg").resize(SIZE)


class TestContract(ValidatorContract):
    component = next(alpha.register_validators())


class TestContractThatMeasuresShares(ValidatorContract):
    component = next(alpha.register_validators())
    options: ClassVar[dict[str, Any]] = {"max_transparent": 0.5, "reject": ("cmyk",)}


def built(**options: Any) -> Check:
    return alpha.build(alpha.AlphaOptions(**options))


def judged(image: Image, **options: Any) -> Verdict:
    check = built(**options)
    return check.judge(check.measure(image))


def clear(folder: Path, share: float, level: int = 0, kind: str = "png", mode: str = "RGBA") -> Image:
    """The photograph with an alpha of `level` in a share of its width."""
    picture = PHOTOGRAPH.convert(mode)
    mask = Pillow.new("L", SIZE, 255)
    mask.paste(level, (0, 0, round(share * SIZE[0]), SIZE[1]))
    picture.putalpha(mask)
    path = folder / f"clear.{kind}"
    picture.save(path)
    return Image.open(path)


@pytest.mark.parametrize("path", sorted(PHOTOGRAPHS.glob("*/*.jpg"))[::20], ids=lambda path: path.stem)
def test_a_photograph_passes(path: Path) -> None:
    assert built().measure(Image.open(path)) == {"mode": "rgb", "alpha": False}
    assert judged(Image.open(path), max_transparent=0).reason is None


@pytest.mark.parametrize(
    ("mode", "kind", "expected"),
    [
        *(("1", "PNG", "1-bit"), ("P", "PNG", "palette"), ("P", "GIF", "palette"), ("L", "JPEG", "grey")),
        *(("I;16", "PNG", "deep"), ("F", "TIFF", "deep"), ("CMYK", "JPEG", "cmyk"), ("RGB", "WEBP", "rgb")),
        *(("LAB", "TIFF", "lab"), ("RGBA", "PNG", "rgb"), ("LA", "PNG", "grey")),
    ],
)
def test_the_mode_is_told_and_may_be_rejected(tmp_path: Path, mode: str, kind: str, expected: str) -> None:
    path = tmp_path / "picture"
    lab = mode == "LAB"
    (Pillow.merge("LAB", PHOTOGRAPH.split()) if lab else PHOTOGRAPH.convert(mode)).save(path, kind)
    image = Image.open(path)
    assert built().measure(image)["mode"] == expected
    assert judged(image).reason is None
    verdict = judged(image, reject=(expected,))
    assert (verdict.reason, verdict.detail) == ("mode-not-allowed", f"the mode {expected} is not wanted")


@pytest.mark.parametrize("kind", ["png", "webp", "tif"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_wholly_transparent_picture_is_rejected(tmp_path: Path, kind: str, mode: str) -> None:
    verdict = judged(clear(tmp_path, 1, kind=kind, mode=mode))
    assert verdict.reason == "transparent"
    assert verdict.detail == "nothing shows on white: all that is not transparent is white"


def test_what_would_not_show_on_white_is_rejected(tmp_path: Path) -> None:
    picture = Pillow.new("RGBA", SIZE, (255, 255, 255, 0))
    picture.paste((255, 255, 255, 255), (50, 50, 200, 150))
    path = tmp_path / "logo.png"
    picture.save(path)
    assert judged(Image.open(path)).reason == "transparent"


def test_a_white_picture_without_alpha_is_not_transparent(tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    Pillow.new("RGB", SIZE, "white").save(path)
    assert judged(Image.open(path)).reason is None


@pytest.mark.parametrize(
    ("share", "level", "expected"), [(0.25, 0, 0.25), (0.5, 102, 0.3), (1, 204, 0.2), (0, 0, 0)]
)
def test_the_transparent_share(tmp_path: Path, share: float, level: int, expected: float) -> None:
    image = clear(tmp_path, share, level)
    assert built(max_transparent=0.9).measure(image)["transparent"] == pytest.approx(expected, abs=0.001)
    assert "transparent" not in built().measure(image)


def test_a_share_above_the_limit_is_rejected(tmp_path: Path) -> None:
    image = clear(tmp_path, 0.25)
    assert judged(image).reason is None
    assert judged(image, max_transparent=0.25).reason is None
    verdict = judged(image, max_transparent=0.2)
    assert (verdict.reason, verdict.score, verdict.threshold) == ("transparent", 0.75, 0.8)
    assert verdict.detail == "25.0% of the picture are transparent, more than 20.0%"


def test_a_transparent_colour_of_a_palette_counts(tmp_path: Path) -> None:
    picture = Pillow.new("P", SIZE, 0)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    picture.paste(1, (0, 0, SIZE[0] // 2, SIZE[1]))
    path = tmp_path / "palette.gif"
    picture.save(path, transparency=1)
    found = built(max_transparent=0).measure(Image.open(path))
    assert (found["mode"], found["alpha"], found["transparent"]) == ("palette", True, 0.5)


@pytest.mark.parametrize("options", [{"max_transparent": 1.1}, {"reject": ("RGB",)}, {"modes": ()}])
def test_options_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        alpha.AlphaOptions(**options)
