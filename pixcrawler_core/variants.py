"""Tells which addresses lead to the same image: other sizes of known hosts, tracking parameters, schemes.

Only for recognising what was found already; an image is always fetched from the address that was found.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|ref_src|ref_url|ixid|ixlib|crid|"
    r"cvid|spm|scm|vero_id|wickedid|oly_(?:anon|enc)_id",
    re.IGNORECASE,
)
"""Parameters that tell where a visitor came from, and nothing of the image."""
SIZING = frozenset(
    (
        *("w", "h", "width", "height", "size", "resize", "fit", "crop", "dpr"),
        *("q", "quality", "auto", "fm", "cs", "tinysrgb"),
    )
)
"""Parameters of image services (imgix and its like) that ask for another size or quality."""
_SERVICES = ("images.unsplash.com", "images.pexels.com", "imgix.net", "i0.wp.com", "i1.wp.com", "i2.wp.com")

Rule = tuple[re.Pattern[str], str]
_PATHS: dict[str, tuple[Rule, ...]] = {
    "upload.wikimedia.org": (
        (re.compile(r"/thumb(/[0-9a-f]/[0-9a-f]{2}/[^/]+)/(page\d+-)?[^/]+$"), r"\1\2"),
    ),
    "staticflickr.com": ((re.compile(r"_[a-z0-9]{1,2}(\.\w+)$"), r"\1"),),
    "inaturalist-open-data.s3.amazonaws.com": (
        (re.compile(r"/(?:original|large|medium|small|square|thumb)(\.\w+)$"), r"/any\1"),
    ),
    "static.inaturalist.org": (
        (re.compile(r"/(?:original|large|medium|small|square|thumb)(\.\w+)$"), r"/any\1"),
    ),
    "pinimg.com": ((re.compile(r"^/(?:originals|\d+x\d*|\d+x\d+_\w+)/"), "/any/"),),
    "googleusercontent.com": ((re.compile(r"=[swh]\d[\w-]*$"), ""),),
    "images-assets.nasa.gov": ((re.compile(r"~(?:orig|large|medium|small|thumb)\.\w+$"), "~any"),),
    "cdn.stocksnap.io": ((re.compile(r"^/img-thumbs/\d+[wh]/"), "/img/"),),
    "pixabay.com": ((re.compile(r"_\d{2,4}(\.\w+)$"), r"\1"),),
    "twimg.com": ((re.compile(r":(?:orig|large|medium|small|thumb)$"), ""),),
}
"""By the end of the host's name, what in the path only says which size is meant."""
_IIIF = re.compile(r"(/iiif/.+)/full/[^/]+/0/(?:default|native|color|gray)\.(?:jpg|png)$")


def same_image(canonical: str) -> str:
    """One spelling for all addresses that are known to lead to the same image.

    `canonical` is a canonical URL (`pixcrawler_core.urls.canonical_url`); the result need not be one that
    anybody answers. Idempotent.
    """
    parts = urlsplit(canonical)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port else ""
    path = _path(host, parts.path)
    query = _query(host, parts.query)
    return f"//{host}{port}{path}{f'?{query}' if query else ''}"


def _path(host: str, path: str) -> str:
    for end, rules in _PATHS.items():
        if host == end or host.endswith(f".{end}"):
            for pattern, plain in rules:
                path = pattern.sub(plain, path)
    return _IIIF.sub(r"\1", path)


def _query(host: str, query: str) -> str:
    if not query:
        return ""
    left = [part for part in query.split("&") if not TRACKING.fullmatch(part.partition("=")[0])]
    if any(host == service or host.endswith(f".{service}") for service in _SERVICES):
        left = [part for part in left if part.partition("=")[0].lower() not in SIZING]
    return "&".join(left)
