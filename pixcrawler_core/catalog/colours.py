"""The main colours of an image that is kept."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit


def local_file(url: str) -> Path:
    """The file that a storage URL names. Raises ValueError for one that is not local."""
    parts = urlsplit(url)
    if not url or parts.scheme not in ("", "file"):
        raise ValueError(f"the image is not stored in a local file: {url or 'no storage URL'}")
    return Path(unquote(parts.path)) if parts.scheme else Path(url)


def dominant_colors(file: Path, count: int) -> list[str]:
    """The main colours of a picture as `#rrggbb`, most frequent first (Pillow's median cut)."""
    from PIL import Image as Picture

    with Picture.open(file) as picture:
        picture.draft("RGB", (128, 128))
        small = picture.convert("RGB")
    small.thumbnail((128, 128), Picture.Resampling.NEAREST)
    reduced = small.quantize(count, Picture.Quantize.MEDIANCUT)
    palette = reduced.getpalette() or []
    found = sorted(reduced.getcolors() or [], key=lambda entry: -entry[0])
    places = [index * 3 for _, index in found if isinstance(index, int)]
    return ["#{:02x}{:02x}{:02x}".format(*palette[place : place + 3]) for place in places]
