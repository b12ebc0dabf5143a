"""Decoding: headers, views, hashes, and what is said of files that are none of what they claim."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageOps

from pixcrawler_core.decoding import FORMATS
from pixcrawler_core.errors import DecodeError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.orientation import upright
from pixcrawler_core.phash import phash
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import NastyImage, encode, nasty_images

PICTURE = draw("photograph", (400, 300))
SHAPED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def nasties(tmp_path_factory: pytest.TempPathFactory) -> list[NastyImage]:
    return nasty_images(tmp_path_factory.mktemp("nasty"))


def written(folder: Path, data: bytes, name: str = "image") -> Image:
    path = folder / name
    path.write_bytes(data)
    return Image.open(path)


def reason(image: Image) -> str | None:
    try:
        _ = image.header, image.view, image.phash
    except DecodeError as error:
        return error.reason if error.detail else "no detail"
    return None


def test_every_difficult_file_gets_its_reason(nasties: list[NastyImage]) -> None:
    found = {nasty.path.name: reason(Image.open(nasty.path)) for nasty in nasties}
    assert found == {nasty.path.name: nasty.reason for nasty in nasties}
    assert len(found) > 50


def test_animation_is_told_from_the_header(nasties: list[NastyImage]) -> None:
    sound = [nasty for nasty in nasties if nasty.reason is None]
    found = {nasty.path.name: Image.open(nasty.path).header.animated for nasty in sound}
    assert found == {nasty.path.name: nasty.animated for nasty in sound}


def test_threads_see_what_one_thread_sees(nasties: list[NastyImage]) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda nasty: reason(Image.open(nasty.path)), nasties * 3))
    assert found == [nasty.reason for nasty in nasties] * 3


def test_open_computes_digest_and_size(tmp_path: Path) -> None:
    image = written(tmp_path, b"some bytes")
    assert (image.sha256, image.size) == (hashlib.sha256(b"some bytes").hexdigest(), 10)


def test_the_header_of_a_rotated_photograph(nasties: list[NastyImage]) -> None:
    header = Image.open(named(nasties, "rotated.jpg")).header
    assert (header.format, header.width, header.height, header.mode) == ("JPEG", 300, 240, "RGB")
    assert (header.orientation, header.display_size, header.has_alpha) == (6, (240, 300), False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 8])
def test_the_orientation_is_found_in_every_format_that_has_exif(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    options = {"speed": 10} if kind == "AVIF" else {}
    data = encode(PICTURE.resize((40, 30)), kind, exif=exif, **options)
    header = written(tmp_path, data).header
    assert header.orientation == (1 if kind == "TIFF" else orientation)  # Pillow turns a TIFF itself
    assert header.display_size == ((30, 40) if orientation >= 5 else (40, 30))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_pixels_are_upright_in_every_format(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    whole = PICTURE.resize((40, 30)).convert("RGB")
    image = written(tmp_path, encode(whole, kind, exif=exif, quality=95, subsampling=0))
    expected = np.asarray(upright(whole, orientation), np.int16)
    assert image.pixels.shape == expected.shape
    assert np.abs(image.pixels - expected).mean() < 12
    assert image.grey.shape == expected.shape[:2]


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_a_senseless_orientation_is_upright(tmp_path: Path, value: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = value
    assert written(tmp_path, encode(PICTURE, "JPEG", exif=exif)).header.orientation == 1


@SHAPED
@given(exif=st.binary(max_size=80))
def test_no_exif_breaks_the_header(tmp_path: Path, exif: bytes) -> None:
    data = encode(PICTURE.resize((16, 16)), "JPEG", exif=b"Exif\0\0II*\0" + exif)
    assert 1 <= written(tmp_path, data).header.orientation <= 8


def test_several_pictures_in_a_jpeg_count_as_the_first(nasties: list[NastyImage]) -> None:
    image = Image.open(named(nasties, "two-pictures.mpo"))
    assert (image.header.format, image.header.animated) == ("JPEG", False)
    assert image.view.size == (300, 240)


@pytest.mark.parametrize("name", ["alpha.png", "alpha.webp", "palette.png"])
def test_transparency_is_told_from_the_header(nasties: list[NastyImage], name: str) -> None:
    assert Image.open(named(nasties, name)).header.has_alpha


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("size", "view"),
    [((200, 150), (200, 150)), ((255, 450), (255, 450)), ((512, 300), (256, 150)), ((1500, 2), (1500, 2))],
)
def test_a_view_keeps_128_pixels(
    tmp_path: Path, kind: str, size: tuple[int, int], view: tuple[int, int]
) -> None:
    image = written(tmp_path, encode(PICTURE.resize(size), kind))
    assert (image.view.size, image.view.mode) == (view, "L")
    assert image.view is image.view


def test_the_scaled_view_shows_the_picture(tmp_path: Path) -> None:
    large = draw("large", (1200, 1032))
    expected = np.asarray(large.convert("L").reduce(8), dtype=float)
    for kind in ("JPEG", "PNG"):
        view = np.asarray(written(tmp_path, encode(large, kind), kind).view, dtype=float)
        assert np.abs(view - expected).mean() < 2


def test_transparent_pixels_are_white(tmp_path: Path) -> None:
    clear = Pillow.new("RGBA", (600, 600), (255, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0, 300, 600))
    view = written(tmp_path, encode(clear, "PNG")).view
    assert (view.getpixel((10, 10)), view.getpixel((140, 10))) == (0, 255)


@pytest.mark.parametrize(("mode", "kind", "top"), [("I;16", "PNG", 60_000), ("I", "TIFF", 70_000)])
def test_deep_grey_keeps_its_shades(tmp_path: Path, mode: str, kind: str, top: int) -> None:
    ramp = np.linspace(0, top, 300).astype(np.uint16 if mode == "I;16" else np.int32)
    view = written(tmp_path, encode(Pillow.fromarray(np.tile(ramp, (200, 1))), kind)).view
    row = np.asarray(view)[0].astype(int)
    assert set(np.diff(row)) == {0, 1}
    assert row[-1] > 230


def test_infinite_pixels_do_no_harm(tmp_path: Path) -> None:
    values = np.tile(np.linspace(0, 1, 300, dtype=np.float32), (300, 1))
    values[0, :3] = [np.nan, np.inf, -np.inf]
    view = written(tmp_path, encode(Pillow.fromarray(values), "TIFF")).view
    assert view.getextrema() == (0, 255)


@pytest.mark.parametrize("kind", [name for name in FORMATS if name != "ICO"])
def test_a_cut_file_is_truncated(tmp_path: Path, kind: str) -> None:
    data = encode(PICTURE, kind)
    for percent in (2, 10, 30, 50, 70, 90, 98):
        cut = written(tmp_path, data[: len(data) * percent // 100])
        assert reason(cut) == "truncated", percent


CUTS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("JPEG", {}, {"truncated"}),
    ("JPEG", {"progressive": True}, {"truncated"}),
    ("PNG", {}, {"truncated"}),
    ("WEBP", {}, {"truncated"}),
    ("BMP", {}, {"truncated"}),
    ("JPEG2000", {}, {"truncated"}),
    ("GIF", {}, {"truncated", "corrupt"}),
    ("AVIF", {"speed": 10}, {"truncated", "corrupt"}),
    ("ICO", {}, {"truncated", "corrupt"}),
    ("ICO", {"bitmap_format": "bmp"}, {"truncated"}),
    ("TIFF", {}, {"truncated", "corrupt"}),
    ("TIFF", {"compression": "tiff_lzw"}, {"truncated", "corrupt"}),
]


@pytest.mark.parametrize(("kind", "options", "reasons"), CUTS)
def test_no_cut_goes_unseen(tmp_path: Path, kind: str, options: dict[str, Any], reasons: set[str]) -> None:
    data = encode(PICTURE.resize((24, 20)), kind, **options)
    places = range(16, len(data) - 24, 1 + len(data) // 150)
    found = Counter(reason(written(tmp_path, data[:place])) for place in places)
    assert set(found) <= reasons
    assert found["truncated"] > 0.95 * len(places)


@SHAPED
@given(
    cut=st.integers(0, 9_000),
    options=st.sampled_from(({}, {"subsampling": 0}, {"optimize": True}, {"quality": 40})),
    mode=st.sampled_from(("RGB", "L", "CMYK")),
    grey=st.booleans(),
    end=st.sampled_from((b"", b"\xff\xd9", b"\xff\xd9 and a tail")),
)
def test_missing_jpeg_data_are_found_with_and_without_end_marker(
    tmp_path: Path, cut: int, options: dict[str, int], mode: str, grey: bool, end: bytes
) -> None:
    picture = PICTURE.resize((256, 192))
    if grey:
        picture.paste((128, 128, 128), (100, 150, 256, 192))
    data = encode(picture.convert(mode), "JPEG", **options)
    start = data.index(b"\xff\xda") + 14
    place = start + cut % (len(data) * 9 // 10 - start)
    assert reason(written(tmp_path, data[:place] + end)) == "truncated"
    assert reason(written(tmp_path, data[:-2] + end)) is None


def test_a_cut_jpeg_with_restart_markers_is_truncated(tmp_path: Path) -> None:
    data = encode(PICTURE, "JPEG", restart_marker_rows=1)
    place = data.index(b"\xff\xd3") - 40
    assert reason(written(tmp_path, data[:place] + b"\xff\xd9")) == "truncated"
    assert reason(written(tmp_path, data[:place])) == "truncated"
    assert reason(written(tmp_path, data[: data.index(b"\xff\xd3")])) == "truncated"


def test_a_jpeg_cut_within_a_stuffed_byte_is_truncated(tmp_path: Path) -> None:
    data = encode(PICTURE, "JPEG")
    place = data.index(b"\xff\x00", data.index(b"\xff\xda")) + 1
    assert reason(written(tmp_path, data[:place])) == "truncated"
    assert reason(written(tmp_path, data[:place] + b"\xff\xd9")) == "truncated"
    assert reason(written(tmp_path, data[:-1])) is None


def test_a_jpeg_2000_without_data_is_truncated(tmp_path: Path) -> None:
    data = encode(PICTURE, "JPEG2000")
    start_of_tile = data.index(b"\xff\x90") + 2
    assert reason(written(tmp_path, data[:start_of_tile])) == "truncated"


def test_a_progressive_jpeg_with_a_grey_corner_is_looked_into(tmp_path: Path) -> None:
    picture = PICTURE.copy()
    picture.paste((128, 128, 128), (200, 200, 400, 300))
    data = encode(picture, "JPEG", progressive=True)
    assert reason(written(tmp_path, data)) is None
    assert reason(written(tmp_path, data[: len(data) * 9 // 10] + b"\xff\xd9")) == "truncated"


@pytest.mark.filterwarnings("ignore:Image was not the expected size")
def test_an_icon_larger_than_it_says_is_a_bomb(tmp_path: Path) -> None:
    icon = bytearray(encode(PICTURE.resize((64, 64)), "ICO", sizes=[(64, 64)]))
    icon[6:8] = 16, 16
    path = tmp_path / "image.ico"
    path.write_bytes(icon)
    assert reason(Image(path, "", len(icon))) is None
    assert reason(Image(path, "", len(icon), max_pixels=1000)) == "decompression-bomb"


def test_a_progressive_jpeg_cut_in_its_first_scan_is_truncated(tmp_path: Path) -> None:
    data = encode(PICTURE, "JPEG", progressive=True)
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    assert reason(written(tmp_path, data[: (first + second) // 2] + b"\xff\xd9")) == "truncated"


def test_a_grey_corner_is_no_damage(nasties: list[NastyImage]) -> None:
    view = Image.open(named(nasties, "mid-grey.jpg")).view
    assert view.getextrema() == (128, 128)


def test_the_pixel_cap_is_judged_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(encode(PICTURE, "PNG")[:60])
    image = Image(path, "", 60, max_pixels=400 * 300 - 1)
    with pytest.raises(DecodeError, match="400 x 300 pixels are more than the allowed 119999") as caught:
        _ = image.header
    assert caught.value.reason == "decompression-bomb"
    assert Image(path, "", 60, max_pixels=400 * 300).header.width == 400


def test_a_missing_file_is_a_fault_of_the_workspace(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"gone\.jpg: No such file"):
        _ = Image(tmp_path / "gone.jpg", "", 0).header


def test_damaged_animation_tables_warn_nobody(tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    png = encode(PICTURE.resize((300, 300)), "PNG")
    image = written(tmp_path, png[:33] + chunk(b"acTL", bytes(8)) + png[33:])
    code = "import sys, pathlib; from pixcrawler_core.image import Image;"
    code += "image = Image.open(pathlib.Path(sys.argv[1])); print(image.header.animated, image.view.size)"
    command = [sys.executable, "-W", "default", "-c", code, str(image.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False (150, 150)\n", "")


def pictures_to_hash() -> list[Pillow.Image]:
    drawn = [
        draw(f"hash {number}", (200 + 7 * number, 150 + 11 * number)).convert("L") for number in range(40)
    ]
    flat = [Pillow.new("L", (300, 200), shade) for shade in (0, 1, 127, 128, 255)]
    ramps = [Pillow.linear_gradient("L"), Pillow.radial_gradient("L"), Pillow.linear_gradient("L").rotate(90)]
    mirrored = [ImageOps.mirror(drawn[0]), Pillow.fromarray(np.hstack([np.asarray(ramps[0])] * 2))]
    small = [Pillow.new("L", (1, 1), 7), drawn[1].resize((3000, 2)), drawn[2].resize((32, 32))]
    symmetric = np.asarray(drawn[3].resize((64, 64)), dtype=np.uint16)
    return [
        *(drawn + flat + ramps + mirrored + small),
        Pillow.fromarray(((symmetric + symmetric.T) // 2).astype(np.uint8)),
    ]


def test_hashes_are_those_of_imagehash() -> None:
    pictures = pictures_to_hash()
    ours = [phash(picture) for picture in pictures]
    assert ours == [str(imagehash.phash(picture)) for picture in pictures]
    assert len(set(ours)) > 30


@settings(max_examples=80, deadline=None)
@given(data=st.binary(min_size=1, max_size=64), width=st.integers(1, 64))
def test_hashes_of_odd_pictures_are_those_of_imagehash(data: bytes, width: int) -> None:
    rows = np.frombuffer(data * width, dtype=np.uint8).reshape(width, len(data))
    picture = Pillow.fromarray(rows)
    assert phash(picture) == str(imagehash.phash(picture))


def test_the_hash_of_an_image_is_that_of_its_view(nasties: list[NastyImage]) -> None:
    sound = [Image.open(nasty.path) for nasty in nasties if nasty.reason is None]
    assert [i.phash for i in sound] == [str(imagehash.phash(i.view)) for i in sound]


def test_a_smaller_copy_has_nearly_the_same_hash(tmp_path: Path) -> None:
    large = draw("large", (1200, 900))
    one = written(tmp_path, encode(large, "JPEG"), "one")
    other = written(tmp_path, encode(large.resize((600, 450)), "PNG"), "other")
    assert (int(one.phash, 16) ^ int(other.phash, 16)).bit_count() <= 4


def test_only_listed_formats_are_decoded(tmp_path: Path) -> None:
    for kind in ("PPM", "TGA", "EPS", "PDF", "SGI", "PCX", "DDS"):
        assert reason(written(tmp_path, encode(PICTURE, kind))) == "unknown-format", kind


def test_the_details_of_an_unknown_format_are_printable(tmp_path: Path) -> None:
    image = written(tmp_path, "\x1b[2J<söö>".encode())
    with pytest.raises(DecodeError) as caught:
        _ = image.header
    assert caught.value.detail.isprintable()
    assert caught.value.detail.isascii()


def test_a_picture_is_decoded_once(tmp_path: Path) -> None:
    image = written(tmp_path, encode(PICTURE, "JPEG"))
    view = image.view
    image.path.unlink()
    assert image.phash == phash(view)


def named(nasties: list[NastyImage], name: str) -> Path:
    return next(nasty.path for nasty in nasties if nasty.path.name == name)


def test_pillow_reads_the_same_pixels(tmp_path: Path) -> None:
    data = encode(PICTURE.resize((320, 240)), "PNG")
    expected = Pillow.open(io.BytesIO(data)).convert("L")
    assert written(tmp_path, data).view.tobytes() == expected.tobytes()
