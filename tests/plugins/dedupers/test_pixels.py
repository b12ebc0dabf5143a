"""The method `pixels`."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from pixcrawler_plugins.dedupers import pixels

from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import MAX_PIXELS, Image
from pixcrawler_core.orientation import upright
from pixcrawler_core.testing.contracts import DeduperContract
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode, nasty_images

PICTURE = draw("pixels", (120, 90))
METHOD = pixels.build(None)
LOSSLESS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {}),
    ("PNG", {"compress_level": 1}),
    ("BMP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("WEBP", {"lossless": True, "exact": True}),
    ("JPEG2000", {}),
]


class TestContract(DeduperContract):
    component = next(pixels.register_dedupers())

    def duplicate(self, image: Image) -> Image:
        with Pillow.open(image.path) as picture:
            path = image.path.with_name("copy.png")
            picture.save(path)
        return Image.open(path)


@pytest.fixture
def digest(tmp_path: Path) -> Any:
    """The digest of a picture written to a file."""

    def told(picture: Pillow.Image, kind: str = "PNG", **options: Any) -> str:
        path = tmp_path / "image"
        path.write_bytes(encode(picture, kind, **options))
        return str(METHOD.fingerprint(Image.open(path))["pixels"])

    return told


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_the_container_does_not_matter(digest: Any, mode: str, kind: str, options: dict[str, Any]) -> None:
    picture = PICTURE.convert(mode)
    assert digest(picture, kind, **options) == digest(picture)


def test_metadata_do_not_matter(digest: Any) -> None:
    exif, text = Pillow.Exif(), PngInfo()
    exif[0x010E] = "a title"
    text.add_text("comment", "new")
    assert digest(PICTURE, exif=exif, pnginfo=text, dpi=(300, 300)) == digest(PICTURE)
    assert digest(PICTURE, "JPEG", exif=exif, comment="new") == digest(PICTURE, "JPEG")


def test_one_level_of_one_pixel_matters(digest: Any) -> None:
    for mode in ("RGB", "L", "RGBA"):
        picture = PICTURE.convert(mode)
        other = picture.copy()
        values = np.array(other.getpixel((119, 89))) ^ np.eye(len(mode), dtype=int)[0]
        other.putpixel((119, 89), tuple(values.tolist()) if len(mode) > 1 else int(values[0]))
        assert digest(picture) != digest(other)


def test_the_shape_matters(digest: Any) -> None:
    shades = np.zeros((6, 10), np.uint8)
    shapes = [(6, 10), (10, 6), (5, 12), (60, 1)]
    assert len({digest(Pillow.fromarray(shades.reshape(shape))) for shape in shapes}) == 4


def test_a_picture_recompressed_with_loss_is_another(digest: Any) -> None:
    assert digest(PICTURE, "JPEG", quality=90) != digest(PICTURE, "JPEG", quality=89)


def test_grey_is_grey_however_it_is_stored(digest: Any) -> None:
    grey = PICTURE.convert("L")
    stored = [grey.convert(mode) for mode in ("RGB", "RGBA", "LA", "P")]
    assert {digest(picture) for picture in stored} == {digest(grey)}
    bits = grey.convert("1")
    assert digest(bits) == digest(bits.convert("L")) == digest(bits.convert("RGB"))


def encoded(picture: Pillow.Image, **options: Any) -> Pillow.Image:
    return Pillow.open(io.BytesIO(encode(picture, "PNG", **options)))


def test_a_palette_is_its_colours(digest: Any) -> None:
    few = PICTURE.quantize(64)
    assert digest(few) == digest(few, "GIF") == digest(few.convert("RGB"))
    assert digest(few, transparency=3) == digest(encoded(few, transparency=3).convert("RGBA")) != digest(few)


def test_opaque_alpha_is_none(digest: Any) -> None:
    assert digest(PICTURE.convert("RGBA")) == digest(PICTURE)
    assert digest(PICTURE.convert("L").convert("LA")) == digest(PICTURE.convert("L"))


def test_transparency_counts_and_colours_beneath_do_not(digest: Any) -> None:
    alpha = Pillow.linear_gradient("L").resize(PICTURE.size).point(lambda level: max(0, level - 99))
    one, other = PICTURE.convert("RGBA"), draw("other", PICTURE.size).convert("RGBA")
    for picture in (one, other):
        picture.putalpha(alpha)
    beneath = Pillow.composite(one, other, alpha.point(lambda level: 255 if level else 0))
    assert digest(beneath) == digest(one) == digest(one, "WEBP", lossless=True)
    assert len({digest(one), digest(other), digest(PICTURE)}) == 3


def test_deep_pictures_count_by_their_upper_bits(digest: Any) -> None:
    grey = PICTURE.convert("L")
    deep = np.asarray(grey).astype(np.uint16) << 8
    assert digest(Pillow.fromarray(deep)) == digest(Pillow.fromarray(deep | 255)) == digest(grey)
    assert digest(Pillow.fromarray(deep ^ 256)) != digest(grey)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_picture_turned_by_exif_is_as_it_is_shown(digest: Any, orientation: int, mode: str) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    picture = PICTURE.convert(mode)
    shown = digest(upright(picture, orientation))
    assert digest(picture, exif=exif) == shown
    assert (shown == digest(picture)) == (orientation == 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_picture_is_looked_at_strip_by_strip(digest: Any, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    rng = np.random.default_rng(1)
    large = Pillow.fromarray(rng.integers(0, 256, (1301, 1777), np.uint8))
    assert large.width * large.height > 2 * pixels.STRIP
    assert digest(large, exif=exif, compress_level=0) == digest(upright(large, orientation), "BMP")


def test_colour_and_clearness_anywhere_are_seen(digest: Any) -> None:
    large = Pillow.new("RGBA", (1000, 2001), (9, 9, 9, 255))
    grey = digest(large, "TIFF")
    assert grey == digest(large.convert("L"), "TIFF")
    digests = {grey}
    for pixel in ((9, 9, 8, 255), (8, 9, 9, 255), (9, 9, 9, 254)):
        large.putpixel((999, 2000), pixel)
        digests.add(digest(large, "TIFF"))
    assert len(digests) == 4


def test_a_row_may_be_longer_than_a_strip(digest: Any) -> None:
    long = Pillow.new("L", (pixels.STRIP + 1, 2), 7)
    other = long.copy()
    other.putpixel((pixels.STRIP, 1), 8)
    assert digest(long, "TIFF") == digest(long.convert("RGB"), "PNG") != digest(other, "TIFF")


SEVERAL: list[tuple[str, dict[str, Any]]] = [
    ("TIFF", {}),
    ("GIF", {}),
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
]


def several(shades: list[int], kind: str, **options: Any) -> bytes:
    """A file of some grey frames with a mark at another place in each."""
    frames = []
    for number, shade in enumerate(shades):
        frame = Pillow.new("L", (40, 30), shade)
        frame.paste(255 - shade, (number, 0, number + 9, 9))
        frames.append(frame)
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **options)
    return file.getvalue()


def told_of(path: Path, data: bytes, max_pixels: int = MAX_PIXELS) -> str:
    path.write_bytes(data)
    return str(METHOD.fingerprint(Image.open(path, max_pixels=max_pixels))["pixels"])


@pytest.mark.parametrize(("kind", "options"), SEVERAL)
def test_all_frames_count(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    shades = [[10], [10, 90], [10, 91], [10, 90, 200], [10, 90, 201], [10, 200, 90]]
    files = [several(each, kind, **options) for each in shades]
    assert len({told_of(tmp_path / "image", data) for data in files}) == len(files)
    assert told_of(tmp_path / "image", files[0]) == told_of(
        tmp_path / "image", several([10], kind, **options)
    )


def test_frames_are_the_same_in_any_container(tmp_path: Path) -> None:
    """However long they are shown."""
    files = [several([10, 90, 200], "GIF", duration=each) for each in (50, 90)]
    files += [several([10, 90, 200], kind, lossless=True) for kind in ("PNG", "WEBP", "TIFF")]
    assert len({told_of(tmp_path / "image", data) for data in files}) == 1


def test_what_is_too_much_to_look_at_counts_by_its_bytes(tmp_path: Path) -> None:
    one, same = (several([10, 90, 200], "GIF", duration=each) for each in (50, 90))
    path, pixels_of_all = tmp_path / "image", 3 * 40 * 30
    assert told_of(path, one, pixels_of_all) == told_of(path, one) == told_of(path, same)
    assert (
        told_of(path, one, pixels_of_all - 1) == told_of(path, one, pixels_of_all - 1) != told_of(path, one)
    )
    assert told_of(path, one, pixels_of_all - 1) != told_of(path, same, pixels_of_all - 1)
    many = [number % 2 * 200 for number in range(pixels.FRAMES + 1)]
    lot, lot_again = (several(many, "GIF", duration=each) for each in (50, 90))
    assert told_of(path, lot) != told_of(path, lot_again)


def test_a_broken_page_is_no_reason_to_refuse_a_file_and_is_the_same_as_no_other(tmp_path: Path) -> None:
    whole = several([10, 90, 200], "TIFF", compression="tiff_adobe_deflate")
    with Pillow.open(io.BytesIO(whole)) as picture:
        picture.seek(1)
        begin = picture.tag_v2[273][0]  # type: ignore[attr-defined]  # StripOffsets
    broken = [whole[:begin] + bytes([fill]) * 12 + whole[begin + 12 :] for fill in (7, 255)]
    assert len({told_of(tmp_path / "image", data) for data in (whole, *broken)}) == 3


def test_difficult_files_get_a_digest_or_their_reason(tmp_path: Path) -> None:
    def told(path: Path) -> str | None:
        try:
            return None if METHOD.fingerprint(Image.open(path))["pixels"] else "no digest"
        except DecodeError as error:
            return error.reason

    files = nasty_images(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(told, (file.path for file in files)))
    assert found == [file.reason for file in files]


def test_a_large_jpeg_is_decoded_in_full_size(tmp_path: Path) -> None:
    picture = draw("large", (1600, 1200))
    picture.save(tmp_path / "one.jpg", quality=95)
    with Pillow.open(tmp_path / "one.jpg") as decoded:
        decoded.save(tmp_path / "copy.png", compress_level=1)
    one, copy = Image.open(tmp_path / "one.jpg"), Image.open(tmp_path / "copy.png")
    assert METHOD.same(one, copy)
    assert METHOD.same(copy, one)
