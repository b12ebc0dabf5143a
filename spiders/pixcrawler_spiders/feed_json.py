"""JSON Feed, https://www.jsonfeed.org/version/1.1/"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pixcrawler_core.answers import filesize, first, mapping, plain, sequence, text, texts
from pixcrawler_spiders.feed_images import ITEMS, Feed, ItemImages
from pixcrawler_spiders.finds import Found
from pixcrawler_spiders.markup import names_image, resolved


def read_json_feed(content: str, url: str, min_side: int) -> Feed | None:
    """The images in a JSON Feed; None if it is none."""
    try:
        told = json.loads(content)
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
    base = resolved(url, item.get("url")) or url
    stated = [item.get("image"), item.get("banner_image")]
    images = ItemImages(told=_about(item, feed, url), min_side=min_side, base=base)
    images.stated = [Found(url=each) for value in stated if (each := resolved(base, value))]
    for attachment in map(mapping, sequence(item.get("attachments"))):
        address, kind = resolved(base, attachment.get("url")), plain(attachment.get("mime_type")) or ""
        if address and (kind.startswith("image/") or (not kind and names_image(address))):
            found = Found(
                url=address,
                format=kind or None,
                title=text(attachment.get("title")),
                filesize_bytes=filesize(attachment.get("size_in_bytes")),
            )
            images.stated.append(found)
    if isinstance(item.get("content_html"), str):
        images.texts.append(item["content_html"])
    return images


def _about(item: Mapping[str, Any], feed: Mapping[str, Any], url: str) -> dict[str, Any]:
    people = [*sequence(item.get("authors")), item.get("author"), *sequence(feed.get("authors"))]
    author = next((each for each in map(mapping, people) if text(each.get("name"))), {})
    return {
        "title": text(item.get("title")),
        "caption": text(item.get("summary")),
        "tags": texts(item.get("tags")),
        "page_url": resolved(url, item.get("url")) or resolved(url, item.get("external_url")),
        "creator": text(author.get("name")),
        "creator_url": resolved(url, author.get("url")),
        "date": first(item.get("date_published")),
        "engine_id": plain(item.get("id")),
    }
