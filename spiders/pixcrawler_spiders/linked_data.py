"""Images in the JSON-LD of web pages.

Vocabulary: https://schema.org/ImageObject; how licences are told in it:
https://developers.google.com/search/docs/appearance/structured-data/image-license-metadata
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pixcrawler_core.answers import filesize, first, mapping, number, plain, several, text
from pixcrawler_spiders.finds import Found
from pixcrawler_spiders.markup import names_image, resolved

NODES = 20_000
"""Values that are looked at in one script."""
DRAWN = frozenset(("imageobject", "photograph", "imageobjectsnapshot"))
"""Types, in small letters, whose address is the image."""
RECORDED = frozenset(("videoobject", "audioobject", "musicvideoobject", "mediaobject", "clip"))
"""Types whose content is none, but whose thumbnail is."""
ASIDE = frozenset(
    ("logo", "publisher", "author", "creator", "provider", "sponsor", "brand", "copyrightholder")
)
"""Members whose images are those of persons and firms, not of what the page is about."""
LONGEST = 5_000_000
"""Characters of a script that are read."""
OPENINGS, CLOSINGS = ("<!--", "//", "<![CDATA["), (";", "]]>", "//", "-->")
"""What old pages wrap around scripts, in this order."""

Node = Mapping[str, Any]


def linked_images(script: str, base: str) -> Iterator[Found]:
    """The images that one JSON-LD script tells of; none if it cannot be read."""
    try:
        told = json.loads(_bare(script), strict=False)
    except (ValueError, RecursionError):
        return
    for node in _nodes(told):
        yield from _images(node, base)


def _bare(script: str) -> str:
    told = script[:LONGEST].strip()
    for opening in OPENINGS:
        told = told.removeprefix(opening).lstrip()
    for closing in CLOSINGS:
        told = told.removesuffix(closing).rstrip()
    return told


def _nodes(told: Any) -> Iterator[Node]:
    """All objects in a JSON value, outer ones first, in their order."""
    waiting = [told]
    for _ in range(NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            inner = [each for name, each in value.items() if name.lower() not in ASIDE]
        else:
            inner = value if isinstance(value, list) else []
        waiting.extend(each for each in reversed(inner) if isinstance(each, dict | list))


def _images(node: Node, base: str) -> Iterator[Found]:
    kinds = {str(each).rpartition("/")[2].rpartition(":")[2].lower() for each in several(node.get("@type"))}
    if kinds & DRAWN:
        yield from _found(node, {}, node.get("contentUrl") or node.get("url"), base)
        return
    images = [] if kinds & RECORDED else several(node.get("image"))
    for image in images:
        about = mapping(image)
        yield from _found(about, node, about.get("contentUrl") or about.get("url") if about else image, base)
    content = resolved(base, node.get("contentUrl"))
    if content and names_image(content):
        yield from _found(node, {}, content, base)
    elif not images:
        for thumbnail in several(node.get("thumbnailUrl")):
            yield from _found({}, node, thumbnail, base)


def _found(about: Node, owner: Node, target: Any, base: str) -> Iterator[Found]:
    """The image at `target`, by what its own object says, then by what the object that shows it says."""
    for each in several(target)[:100]:
        url = resolved(base, each)
        if url is None:
            continue
        licence, name = about.get("license") or owner.get("license"), _name(about) or _name(owner)
        person = next(iter(several(about.get("creator") or about.get("author"))), None)
        yield Found(
            url=url,
            thumbnail_url=next(_addresses(about.get("thumbnailUrl") or about.get("thumbnail"), base), None),
            width=_pixels(about.get("width")),
            height=_pixels(about.get("height")),
            filesize_bytes=filesize(about.get("contentSize")),
            format=plain(about.get("encodingFormat") or about.get("fileFormat")),
            title=name,
            caption=first(about.get("caption")) or first(about.get("description")),
            tags=_tags(about.get("keywords")),
            license=_licence_name(licence),
            license_url=next(_addresses(licence, base), None),
            creator=text(mapping(person).get("name")) or text(person),
            creator_url=next(_addresses(mapping(person).get("url"), base), None),
            date=_date(about),
            acquire_url=next(_addresses(about.get("acquireLicensePage"), base), None),
            credit=first(about.get("creditText")),
            rights=first(about.get("copyrightNotice")),
        )


def _name(node: Node) -> str | None:
    return first(node.get("name")) or first(node.get("headline"))


def _addresses(value: Any, base: str) -> Iterator[str]:
    for each in several(value):
        about = mapping(each)
        told = plain((about.get("contentUrl") or about.get("url") or about.get("@id")) if about else each)
        url = resolved(base, told) if told and ("/" in told or "." in told) and " " not in told else None
        if url:
            yield url


def _licence_name(value: Any) -> str | None:
    """What names the licence; None where it is an address, which is told apart."""
    told = next(iter(several(value)), None)
    about = mapping(told)
    named = plain(about.get("url") or about.get("@id") or about.get("name") if about else told)
    return named if named and ("://" not in named or "creativecommons.org" in named) else None


def _pixels(value: Any) -> int | None:
    """A size told as a number, as `800px` or as an object with a value."""
    told = mapping(value).get("value", value)
    return number(told.lower().removesuffix("px") if isinstance(told, str) else told)


def _tags(value: Any) -> tuple[str, ...]:
    named = (part for each in several(value)[:200] for part in (text(each) or "").split(","))
    return tuple(dict.fromkeys(part.strip() for part in named if part.strip()))


def _date(about: Node) -> str | None:
    names = ("dateCreated", "datePublished", "uploadDate")
    return next((told for name in names if (told := plain(about.get(name)))), None)
