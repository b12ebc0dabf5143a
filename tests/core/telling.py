"""Image files that tell more than their pixels, for tests of what takes that out."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image as Pillow
from PIL import ImageCms, ImageSequence
from PIL.PngImagePlugin import PngInfo

from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode

PICTURE = draw("private", (80, 60))
SECRET = b"Jane Doe of Elm Street"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" exif:GPSLatitude="33,51.4S">' + SECRET + b"</x:xmpmeta>"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF")


def exif(orientation: int = 6) -> bytes:
    """A camera, its owner and a place."""
    found = Pillow.Exif()
    found.update({0x010F: "Canon", 0x0112: orientation, 0x013B: SECRET.decode(), 0x8298: SECRET.decode()})
    found[0x8769] = {0x9003: "2019:07:04 12:33:11", 0xA430: SECRET.decode(), 0x9286: SECRET}
    found[0x8825] = {1: "S", 2: (33.0, 51.0, 24.48), 3: "E", 4: (151.0, 12.0, 54.0)}
    return found.tobytes()


def telling(kind: str, orientation: int = 6) -> bytes:
    """The picture in a file that tells all that its format can hold."""
    options: dict[str, Any] = {"exif": exif(orientation), "icc_profile": ICC, "xmp": XMP}
    if kind == "GIF":
        return encode(PICTURE.quantize(32), kind, comment=SECRET)
    if kind == "PNG":
        info = PngInfo()
        info.add_text("Author", SECRET.decode())
        info.add_text("Comment", SECRET.decode(), zip=True)
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        info.add(b"prVt", SECRET)
        return encode(PICTURE, kind, pnginfo=info, **options)
    if kind == "TIFF":
        camera = Pillow.Exif()
        camera.load(exif(orientation))
        place, detail = camera.get_ifd(0x8825), camera.get_ifd(0x8769)
        more = {270: SECRET.decode(), 700: XMP, 33723: SECRET, 34377: SECRET, 0x8825: place, 0x8769: detail}
        return encode(PICTURE, kind, tiffinfo={**camera, **more}, icc_profile=ICC)
    return encode(PICTURE, kind, **options)


def shown(data: bytes) -> list[tuple[Any, ...]]:
    """Each frame's pixels, as they are stored, with what its colours mean and how long it lasts."""
    picture = Pillow.open(io.BytesIO(data))
    return [
        (frame.mode, frame.size, frame.tobytes(), frame.getpalette(), frame.info.get("icc_profile"))
        for frame in ImageSequence.Iterator(picture)
    ]


def told(data: bytes) -> dict[int, Any]:
    """The EXIF that Pillow finds, with the place and the camera's details."""
    found = Pillow.open(io.BytesIO(data)).getexif()
    return {**found, **found.get_ifd(0x8825), **found.get_ifd(0x8769)}
