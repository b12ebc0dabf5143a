"""JSON Feed, https://www.jsonfeed.org/version/1.1/"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pixcrawler_core.answers import filesize, first, json_of, mapping, plain, sequence, text, texts
from pixcrawler_spiders.feed_images import ITEMS, Feed, ItemImages
from pixcrawler_spiders.finds import Found
from pixcrawler_spiders.markup import names_image, resolved


def read_json_feed(content: bytes | str, url: str, min_side: int) -> Feed | None:
    """The images in a JSON Feed; None if it is none."""
    try:
        told = json_of(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        return None
    feed = Feed(title=text(told.get("title")))
    if following := resolved(url, told.get("next_url")):
        feed.links.append(following)
    for item in told["items"][:ITEMS]:
        for found in _images(mapping(item), told, url, min_side).collect():
            feed.found.add(found)
    return feed


def _images(item: Mapping[str, Any], feed: Mapping[str, Any], url: str, min_side: int) -> ItemImages:
    page = resolved(url, item.get("url"))
    about = _about(item, feed, url)
    about["page_url"] = page or resolved(url, item.get("external_url"))
    images = ItemImages(told=about, min_side=min_side, base=page or url)
    for value in (item.get("image"), item.get("banner_image")):
        if address := resolved(images.base, value):
            images.stated.append(Found(**about, url=address))
    images.stated += _attached(item, about, images.base)
    if isinstance(item.get("content_html"), str):
        images.texts.append(item["content_html"])
    return images


def _attached(item: Mapping[str, Any], about: Mapping[str, Any], base: str) -> Iterator[Found]:
    """The images among the attachments of an item, with what is told of the item."""
    for attachment in map(mapping, sequence(item.get("attachments"))):
        address, kind = resolved(base, attachment.get("url")), plain(attachment.get("mime_type")) or ""
        if address and (kind.startswith("image/") or (not kind and names_image(address))):
            title, size = text(attachment.get("title")), filesize(attachment.get("size_in_bytes"))
            known = {**about, "title": title} if title else about
            yield Found(**known, url=address, format=kind or None, filesize_bytes=size)


def _about(item: Mapping[str, Any], feed: Mapping[str, Any], url: str) -> dict[str, Any]:
    """What an item says of all its images beside its own address: fields of `Found`."""
    author = _author((*sequence(item.get("authors")), item.get("author"), *sequence(feed.get("authors"))))
    return {
        "title": text(item.get("title")),
        "caption": text(item.get("summary")),
        "tags": texts(item.get("tags")),
        "creator": text(author.get("name")),
        "creator_url": resolved(url, author.get("url")),
        "date": first(item.get("date_published")),
        "engine_id": plain(item.get("id")),
    }


def _author(people: Iterable[Any]) -> Mapping[str, Any]:
    """The first of them who has a name."""
    return next((each for each in map(mapping, people) if text(each.get("name"))), {})
