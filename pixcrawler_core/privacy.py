"""Takes out of an image file what it says about people and places, without touching a pixel.

What stays is what the picture needs: its pixels, colour profile and orientation. All else goes, be it known
or not: EXIF with its GPS, camera and owner, XMP, IPTC, comments, thumbnails, further pictures behind the
first, and whatever follows the end.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator

from pixcrawler_core.decoding import sniff
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.privacy_avif import strip_avif
from pixcrawler_core.privacy_tiff import strip_tiff
from pixcrawler_core.tags import ORIENTATION, read_tags


class MetadataError(PixCrawlerError):
    """What a file says beside its pixels cannot be taken out, so it must not be given away as it is."""


def strip_metadata(data: bytes) -> bytes:
    """The file of the same picture, pixel for pixel, without metadata; what is stripped already stays so.

    Knows JPEG (of several pictures the first), PNG, WebP, GIF (all three also animated), TIFF, AVIF, and BMP,
    which has none. Raises MetadataError for other formats, and where a file's parts cannot be told apart.
    """
    kind = sniff(data[:16]) or "unknown format"
    strip = _STRIPPERS.get(kind)
    if strip is None:
        raise MetadataError(f"nothing takes the metadata out of {kind}: leave the file out, or convert it")
    try:
        return strip(data)
    except (ValueError, IndexError, struct.error) as error:
        raise MetadataError(f"the metadata of a {kind} cannot be told from its pixels: {error}") from error


def _orientation(exif: bytes) -> int:
    value = read_tags(io.BytesIO(exif.removeprefix(b"Exif\0\0")), (ORIENTATION,)).get(ORIENTATION)
    turned = isinstance(value, tuple) and value[0] in range(2, 9)
    return int(value[0]) if turned and isinstance(value, tuple) else 1


def _exif(orientation: int) -> bytes:
    """EXIF with an orientation and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)


_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""Within a scan there are escaped bytes of 255 and restart markers (ITU-T T.81, section B.1.1)."""
_SCAN, _END, _ALONE = 0xDA, 0xD9, (0x01, *range(0xD0, 0xD9))


def _jpeg(data: bytes) -> bytes:
    found = list(segments(data))
    if all(code != _SCAN for code, _ in found):
        raise ValueError("it has no scan")
    exifs = (part[4:] for code, part in found if code == 0xE1 and part[4:10] == b"Exif\0\0")
    orientation = _orientation(next(exifs, b""))
    parts = [part for code, segment in found if (part := _needed(code, segment))]
    turned = b"Exif\0\0" + _exif(orientation)
    exif = b"\xff\xe1" + struct.pack(">H", len(turned) + 2) + turned if orientation > 1 else b""
    first = 1 if parts[0].startswith(b"\xff\xe0") else 0  # JFIF has to stand first
    return b"".join([data[:2], *parts[:first], exif, *parts[first:]])


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Code and bytes of each segment up to the first end, a scan with its data; strays are left out."""
    place = 2
    while found := _MARKER.search(data, place):
        code, start = found[1][0], found.end() - 2
        if code == _END:
            yield code, data[start : start + 2]
            return
        place = found.end()
        if code in _ALONE:
            continue
        size = int.from_bytes(data[place : place + 2])
        place += size
        if size < 2 or place > len(data):
            raise ValueError(f"the segment at byte {start} says that it has {size} bytes")
        if code == _SCAN:
            after = _AFTER_SCAN.search(data, place)
            place = after.start() if after else len(data)
        yield code, data[start:place]


def _needed(code: int, segment: bytes) -> bytes:
    """What the pixels need of a segment: of those for programs JFIF, ICC and Adobe; none of the comments."""
    content = segment[4:]
    if code == 0xE0 and content.startswith(b"JFIF\0") and len(content) >= 14:
        return segment[:2] + b"\0\x10" + content[:12] + b"\0\0"  # without a thumbnail
    if code == 0xE2 and content.startswith(b"ICC_PROFILE\0"):
        return segment
    if code == 0xEE and content.startswith(b"Adobe") and len(content) >= 12:
        return segment[:2] + b"\0\x0e" + content[:12]
    return b"" if 0xE0 <= code <= 0xEF or code == 0xFE else segment


_PNG_NEEDED = frozenset(
    b"IHDR PLTE IDAT tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT".split()
)
"""Chunks of pixels, colours and animation (PNG, third edition, section 11)."""


def _png(data: bytes) -> bytes:
    parts, exif = [data[:8]], b""
    place, pixels = 8, False
    while place + 12 <= len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        chunk = data[place : place + 12 + size]
        place += 12 + size
        if name == b"IEND" or (pixels and place > len(data)):
            break
        if place > len(data):
            raise ValueError(f"the chunk {name!r} says that it has {size} bytes")
        if name == b"eXIf" and not pixels:
            exif = chunk[8:-4]
        pixels = pixels or name == b"IDAT"
        if name in _PNG_NEEDED:
            parts.append(chunk)
    if not pixels:
        raise ValueError("it has no pixels")
    orientation = _orientation(exif)
    if orientation > 1:
        parts.insert(2, _png_chunk(b"eXIf", _exif(orientation)))
    return b"".join([*parts, _png_chunk(b"IEND", b"")])


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


_FRAME = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
_WEBP_NEEDED = _FRAME | {b"VP8X", b"ICCP", b"ANIM", b"ANMF"}
_HAS_EXIF, _HAS_XMP = 0x08, 0x04


def _webp(data: bytes) -> bytes:
    size = min(len(data), int.from_bytes(data[4:8], "little") + 8)
    chunks = list(_riff(data[12:size]))
    orientation = next((_orientation(content) for name, content in chunks if name == b"EXIF"), 1)
    needed = [(name, content) for name, content in chunks if name in _WEBP_NEEDED]
    if orientation > 1:
        needed.append((b"EXIF", _exif(orientation)))
    return _riff_chunk(b"RIFF", b"WEBP" + b"".join(_webp_chunk(*chunk, orientation) for chunk in needed))


def _webp_chunk(name: bytes, content: bytes, orientation: int) -> bytes:
    if name == b"VP8X":
        flags = content[0] & ~(_HAS_EXIF | _HAS_XMP) | (_HAS_EXIF if orientation > 1 else 0)
        return _riff_chunk(name, bytes([flags]) + content[1:])
    if name == b"ANMF":
        frame = (_riff_chunk(*chunk) for chunk in _riff(content[16:]) if chunk[0] in _FRAME)
        return _riff_chunk(name, content[:16] + b"".join(frame))
    return _riff_chunk(name, content)


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk (WebP container specification)."""
    place = 0
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        content = data[place + 8 : place + 8 + size]
        if len(content) < size:
            raise ValueError(f"the chunk {name!r} says that it has {size} bytes")
        yield name, content
        place += 8 + size + size % 2


def _riff_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


_GIF_NEEDED = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
"""Applications whose extensions hold the number of loops, and the colour profile."""


def _gif(data: bytes) -> bytes:
    place = 13 + _palette(data[10])
    parts = [data[:place]]
    while place < len(data) and data[place] != 0x3B:
        start, kind = place, data[place]
        if kind == 0x2C:
            place = _blocks(data, place + 11 + _palette(data[place + 9]))
        elif kind == 0x21:
            place = _blocks(data, place + 2)
        else:  # a stray byte, which decoders pass over
            place += 1
            continue
        label = data[start + 1]
        application = label == 0xFF and data[start + 3 : start + 14] in _GIF_NEEDED
        if kind == 0x2C or application or label not in (0xFE, 0xFF):
            parts.append(data[start:place])
    return b"".join([*parts, b";"])


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: bytes, place: int) -> int:
    """Where a row of blocks ends: each begins with its length, and one of length 0 is the last."""
    while size := data[place]:
        place += 1 + size
    return place + 1


_STRIPPERS: dict[str, Callable[[bytes], bytes]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "GIF": _gif,
    "BMP": bytes,
    "TIFF": strip_tiff,
    "AVIF": strip_avif,
}
