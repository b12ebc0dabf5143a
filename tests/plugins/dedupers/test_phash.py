"""The method `phash`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import imagehash
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageOps
from pixcrawler_plugins.dedupers import phash

from pixcrawler_core.components import Deduper
from pixcrawler_core.dedup.protocols import Matcher
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.image import Image
from pixcrawler_core.orientation import upright
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import DeduperContract

PHOTOGRAPHS = sorted((Path(__file__).parents[3] / "examples/photographs").glob("*/*.jpg"))[::12]
PANDA = next((Path(__file__).parents[3] / "examples/photographs").rglob("red-panda.jpg"))


def changed(image: Image, orientation: int = 2) -> Image:
    """A smaller copy, in another format and turned."""
    with Pillow.open(image.path) as picture:
        small = ImageOps.contain(picture.convert("RGB"), (256, 256))
    path = image.path.with_name(f"{image.path.stem}-{orientation}.webp")
    upright(small, orientation).save(path, quality=60)
    return Image.open(path)


def photographs(folder: Path) -> list[Image]:
    copies = []
    for path in PHOTOGRAPHS:
        copy = folder / path.name
        copy.write_bytes(path.read_bytes())
        copies.append(Image.open(copy))
    return copies


def method(**options: Any) -> Matcher:
    return load(installed=False).build(Deduper, "phash", options)


class TestContract(DeduperContract):
    component = next(phash.register_dedupers())

    def duplicate(self, image: Image) -> Image:
        return changed(image)


class TestDifferenceHash(TestContract):
    options: ClassVar[dict[str, Any]] = {"hash": "dhash"}


class TestOnlyUpright(TestContract):
    options: ClassVar[dict[str, Any]] = {"turned": False}

    def duplicate(self, image: Image) -> Image:
        return changed(image, orientation=1)


@pytest.mark.parametrize("kind", ["phash", "dhash"])
def test_small_turned_copies_of_photographs_are_found(tmp_path: Path, kind: str) -> None:
    matcher = method(hash=kind)
    images = photographs(tmp_path)
    index = matcher.open(tmp_path / "index")
    for key, image in enumerate(images):
        index.add(key, matcher.fingerprint(image))
    copies = [changed(image, orientation=turn) for image in images for turn in range(1, 9)]
    found = [[match.key for match in index.find(matcher.fingerprint(copy))] for copy in copies]
    assert found == [[key] for key in range(len(images)) for _ in range(8)]
    index.close()


def test_without_turned_only_upright_copies_are_found(tmp_path: Path) -> None:
    matcher = method(turned=False)
    image = photographs(tmp_path)[0]
    assert matcher.same(image, changed(image, orientation=1))
    assert not any(matcher.same(image, changed(image, orientation=turn)) for turn in range(2, 9))
    assert len(matcher.fingerprint(image)["hashes"]) == 1


@pytest.mark.parametrize("kind", ["phash", "dhash"])
def test_a_copy_turned_by_exif_counts_as_it_is_shown(tmp_path: Path, kind: str) -> None:
    with Pillow.open(PANDA) as picture:
        lying = picture.convert("RGB").transpose(Pillow.Transpose.ROTATE_90)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    lying.save(tmp_path / "lying.jpg", exif=exif)
    matcher = method(turned=False, hash=kind, radius=6)
    assert matcher.same(Image.open(PANDA), Image.open(tmp_path / "lying.jpg"))


def test_the_first_hash_is_that_of_imagehash() -> None:
    image = Image.open(PANDA)
    for kind, reference in (("phash", imagehash.phash), ("dhash", imagehash.dhash)):
        hashes = method(hash=kind).fingerprint(image)["hashes"]
        assert (len(hashes), hashes[0]) == (8, str(reference(image.view)))
        assert method(hash=kind, turned=False).fingerprint(image)["hashes"] == hashes[:1]


@pytest.mark.parametrize("kind", ["phash", "dhash"])
def test_what_else_was_decoded_makes_no_difference(kind: str) -> None:
    matcher, differing = method(hash=kind), 0
    for path in PHOTOGRAPHS:
        plain, coloured, later = Image.open(path), Image.open(path, detailed=True), Image.open(path)
        fingerprint = matcher.fingerprint(plain)
        assert plain.view is plain.plain_view  # it is not decoded twice
        assert coloured.pixels.shape == later.pixels.shape
        differing += coloured.view.tobytes() != plain.view.tobytes()
        assert matcher.fingerprint(coloured) == matcher.fingerprint(later) == fingerprint
    assert differing > 5


@pytest.mark.parametrize("options", [{}, {"hash": "dhash"}, {"turned": False}])
def test_pictures_that_show_nothing_look_like_no_other(tmp_path: Path, options: dict[str, Any]) -> None:
    """Plain colours, with the noise of a JPEG, and what is white on white where it is transparent."""
    rng = np.random.default_rng(1)
    noise = Pillow.fromarray(rng.integers(99, 102, (200, 200), np.uint8))
    clear = Pillow.new("RGBA", (300, 200), (255, 255, 255, 0))
    ImageDraw.Draw(clear).text((20, 20), "ACME", fill=(255, 255, 255, 255), font_size=80)
    plain = [
        *(Pillow.new("RGB", (200, 200), name) for name in ("red", "blue", "black", "white")),
        noise,
        clear,
    ]
    for number, picture in enumerate(plain):
        picture.save(tmp_path / f"{number}.png")
    images = [Image.open(tmp_path / f"{number}.png") for number in range(len(plain))]
    matcher = method(**options)
    with closing(matcher.open(tmp_path / "index")) as index:
        index.add(9, matcher.fingerprint(Image.open(PANDA)))
        for key, image in enumerate(images):
            assert list(index.find(matcher.fingerprint(image))) == []
            assert not matcher.same(image, images[0])
            index.add(key, matcher.fingerprint(image))
        assert list(index.pairs()) == []
        assert list(index.keys()) == [*range(len(plain)), 9]
        index.remove(0)
        assert list(index.keys()) == [*range(1, len(plain)), 9]


def test_no_photograph_shows_nothing() -> None:
    matcher = method()
    assert all(matcher.fingerprint(Image.open(path))["hashes"] for path in PHOTOGRAPHS)


def test_a_faint_photograph_is_known(tmp_path: Path) -> None:
    with Pillow.open(PANDA) as picture:
        faint = picture.convert("L").point(lambda level: 200 + level // 25)
    faint.save(tmp_path / "faint.png")
    assert method().same(Image.open(PANDA), Image.open(tmp_path / "faint.png"))


def test_the_radius_decides(tmp_path: Path) -> None:
    fingerprints = [{"hashes": [f"{bits:016x}"]} for bits in (0, 0x1F, 0x3FF)]
    for radius, expected in ((4, []), (5, [1]), (9, [1]), (10, [1, 2])):
        index = method(radius=radius).open(tmp_path / str(radius))
        for key, fingerprint in enumerate(fingerprints[1:], 1):
            index.add(key, fingerprint)
        assert [match.key for match in index.find(fingerprints[0])] == expected
        assert len(list(index.pairs())) == (radius >= 5)
        index.close()


@pytest.mark.parametrize("options", [{"radius": 17}, {"radius": -1}, {"hash": "ahash"}, {"turn": True}])
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        method(**options)
