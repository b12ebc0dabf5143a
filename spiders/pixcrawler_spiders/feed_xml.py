"""RSS 2.0 and 1.0, Atom and Media RSS.

Formats: https://www.rssboard.org/rss-specification, https://web.resource.org/rss/1.0/spec, RFC 4287 (Atom),
https://www.rssboard.org/media-rss, RFC 5005 (paged and archived feeds); licences:
https://www.rssboard.org/creative-commons and https://web.resource.org/rss/1.0/modules/cc/
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from pixcrawler_core.answers import LONGEST, filesize, number, plain, text, texts
from pixcrawler_spiders.feed_images import ITEMS, TEXT, Feed, ItemImages, largest
from pixcrawler_spiders.finds import Found
from pixcrawler_spiders.markup import local_name, name_parts, names_image, path_of, resolved

Level = Mapping[tuple[str, bool], list[Any]]
"""Elements by their local name, and by whether they are of Media RSS."""

ROOTS = frozenset(("rss", "rdf", "feed"))
CHILDREN = 1_000
"""Children that are read of an element."""
FOLLOWING = frozenset(("next", "prev-archive"))
"""Relations of links to the rest of a feed."""
_COMMONS = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/|all rights reserved", re.IGNORECASE)
XML = "{http://www.w3.org/XML/1998/namespace}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def read_xml_feed(root: Any, url: str, min_side: int) -> Feed:
    """The images in a feed, and where it goes on."""
    children = itertools.islice(root, CHILDREN)
    channel = next((each for each in children if local_name(each) == "channel"), root)
    head = _level(each for each in channel if local_name(each) not in {"item", "entry"})
    url_base = resolved(url, channel.get(f"{XML}base")) or url
    feed = Feed(title=_text(head, "title"))
    for link in _named(head, "link"):
        if _relation(link) in FOLLOWING and (following := resolved(url, link.get("href"))):
            feed.links.append(following)
    for item in itertools.islice(root.iter("{*}item", "{*}entry"), ITEMS):
        for found in _images(item, head, url_base, min_side).collect():
            feed.found.add(found)
    return feed


def _images(item: Any, head: Level, url: str, min_side: int) -> ItemImages:
    base = resolved(url, item.get(f"{XML}base")) or url
    own = _level(item)
    about = _about(item, own, head, base)
    images = ItemImages(told=about, min_side=min_side, base=about["page_url"] or base)
    for each in itertools.islice(item, CHILDREN):
        name, media = _kind(each.tag)
        if media and name == "group":
            group = _level(each)
            offered = (
                _media(content, (group, own), base) for content in _named(group, "content", media=True)
            )
            best = largest(found for found in offered if found is not None)
            images.stated += [best] if best else []
        elif media and name == "content":
            found = _media(each, (own,), base)
            images.stated += [found] if found else []
        elif name in {"enclosure", "link", "content"} and (found := _enclosure(each, name, base)):
            images.stated.append(found)
        elif name == "image" and (target := resolved(base, _target(each))):
            (images.spare if "itunes" in name_parts(each.tag)[1] else images.stated).append(Found(url=target))
        if not media and name in {"encoded", "description", "summary", "content"}:
            images.texts.append(_markup(each))
    thumbnails = [each for each in item.iter("{*}thumbnail") if _kind(each.tag)[1]]
    targets = (resolved(base, each.get("url")) for each in thumbnails)
    images.spare[:0] = [Found(url=each) for each in targets if each]
    return images


def _media(content: Any, around: tuple[Level, ...], base: str) -> Found | None:
    """The image in an element of Media RSS, described by itself or by the elements around it."""
    url, kind = resolved(base, content.get("url")), (content.get("type") or "").lower()
    if url is None or not _is_image(url, content.get("medium") or kind.partition("/")[0]):
        return None
    chain = (_level(content), *around)
    credit = _nearest(chain, "credit")
    licence = _nearest(chain, "license")
    thumbnail = _nearest(chain, "thumbnail")
    return Found(
        url=url,
        thumbnail_url=resolved(base, thumbnail.get("url")) if thumbnail is not None else None,
        width=number(content.get("width")),
        height=number(content.get("height")),
        filesize_bytes=filesize(content.get("fileSize")),
        format=plain(kind) if "/" in kind else None,
        title=_first(chain, "title"),
        caption=_first(chain, "description"),
        tags=texts((_first(chain, "keywords") or "").split(",")),
        creator=_inner(credit) if credit is not None else None,
        license_url=resolved(base, licence.get("href")) if licence is not None else None,
        license=_inner(licence) if licence is not None and not licence.get("href") else None,
        rights=_first(chain, "copyright"),
    )


def _enclosure(element: Any, name: str, base: str) -> Found | None:
    """The image that an enclosure, a link of Atom or a content elsewhere points to."""
    if name == "link" and _relation(element) != "enclosure":
        return None
    address = element.get("url") or element.get("href") or element.get("src")
    url, kind = resolved(base, address), (element.get("type") or "").lower()
    if url is None or not (kind.startswith("image/") or (not kind and names_image(url))):
        return None
    size, title = filesize(element.get("length")), text(element.get("title"))
    return Found(url=url, format=plain(kind), filesize_bytes=size, title=title)


def _is_image(url: str, kind: str) -> bool:
    if kind:
        return kind.strip().lower() == "image"
    return names_image(url) or "." not in path_of(url).rpartition("/")[2]


def _about(item: Any, own: Level, head: Level, base: str) -> dict[str, Any]:
    """What an item says of all that is in it."""
    links = (each for each in _named(own, "link") if _relation(each) == "alternate")
    targets = (resolved(base, each.get("href") or each.text) for each in links)
    author = next(iter([*_named(own, "author"), *_named(head, "author")]), None)
    person = {} if author is None else _level(author)
    creator = _text(own, "creator") or (None if author is None else _text(person, "name") or _inner(author))
    levels = (own, head)
    stated = (_text(each, name) for each in levels for name in ("rights", "copyright"))
    rights = next((told for told in stated if told), None)
    licence = next((target for level in levels for target in _licences(level, base)), None)
    return {
        "title": _text(own, "title"),
        "tags": texts([told for each in _named(own, "category") for told in (each.get("term"), each.text)]),
        "page_url": next((each for each in targets if each), None) or resolved(base, item.get(f"{RDF}about")),
        "creator": creator,
        "creator_url": resolved(base, _text(person, "uri")),
        "date": _date(own),
        "engine_id": _text(own, "guid") or _text(own, "id"),
        "license_url": licence,
        "license": rights if rights and not licence and _COMMONS.search(rights) else None,
        "rights": rights,
    }


def _licences(level: Level, base: str) -> Iterator[str]:
    for each in _named(level, "license"):
        if target := resolved(base, each.get(f"{RDF}resource") or each.text):
            yield target
    for each in _named(level, "link"):
        if _relation(each) == "license" and (target := resolved(base, each.get("href"))):
            yield target


def _date(item: Level) -> str | None:
    """The day and time of an item, as ISO 8601 where it is told as in e-mails."""
    names = ("published", "pubdate", "date", "updated")
    told = next((value for name in names if (value := _text(item, name))), None)
    try:
        return parsedate_to_datetime(told).isoformat() if told else None
    except ValueError:
        return told


# Elements.


@lru_cache(maxsize=1024)
def _kind(tag: Any) -> tuple[str, bool]:
    """The local name in a tag, and whether it is of Media RSS."""
    name, space = name_parts(tag)
    return name, "mrss" in space.lower() or space.lower() == "media"


def _level(elements: Iterable[Any]) -> Level:
    """Elements that stand side by side, such as the children of one, by name."""
    found: dict[tuple[str, bool], list[Any]] = {}
    for each in itertools.islice(elements, CHILDREN):
        found.setdefault(_kind(each.tag), []).append(each)
    return found


def _named(level: Level, name: str, *, media: bool = False) -> Sequence[Any]:
    """The elements of this name, of Media RSS or of any other namespace."""
    return level.get((name, media), ())


def _text(level: Level, name: str) -> str | None:
    """The text of the first element of this name."""
    return next((told for each in _named(level, name) if (told := _inner(each))), None)


def _nearest(chain: tuple[Level, ...], name: str) -> Any:
    """The first element of Media RSS of this name, from the inside to the outside."""
    return next((each for level in chain for each in _named(level, name, media=True)), None)


def _first(chain: tuple[Level, ...], name: str) -> str | None:
    """The text of the first element of Media RSS of this name, from the inside to the outside."""
    return next(
        (told for level in chain for each in _named(level, name, media=True) if (told := _inner(each))), None
    )


def _inner(element: Any) -> str | None:
    if not len(element):
        return text(element.text)
    return text("".join(itertools.islice(element.itertext(), CHILDREN))[:LONGEST])


def _relation(link: Any) -> str:
    return (link.get("rel") or "alternate").rpartition("/")[2].strip().lower()


def _target(image: Any) -> str | None:
    """Where an `<image>` is: in an attribute, in an element of its own, or in its text."""
    inner = next((each.text for each in _named(_level(image), "url")), None)
    return plain(image.get("href") or image.get("url") or image.get(f"{RDF}resource") or inner or image.text)


def _markup(element: Any) -> str:
    """The HTML in an element, which may be escaped or, in Atom, stand there as elements."""
    if len(element):
        return str(etree.tostring(element, encoding="unicode", with_tail=False))[:TEXT]
    return (element.text or "")[:TEXT]
