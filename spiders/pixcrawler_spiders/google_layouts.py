"""Reads results out of the layouts of Google Images, whichever of them an answer has.

Wire format: as searxng (WML of 2026, JSON of 2022 to 2026), whoogle and 4get (`udm=2`, 2025) read it. Each
reader yields what a candidate is told, by the names of its fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from scrapy.selector import Selector

from pixcrawler_core.answers import filesize, first, mapping, number, plain, text, url

Told = dict[str, Any]
JSON = '{"ischj":'
_TEXT = r'"((?:[^"\\]|\\.){1,4000})"'
_SIDES = r"\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})"
_ARRAY = re.compile(
    rf'\[\s*0\s*,\s*"([\w:-]{{1,80}})"\s*,\s*\[\s*{_TEXT}{_SIDES}[^\[\]]{{0,40}}\]\s*,\s*\[\s*{_TEXT}{_SIDES}'
)
"""`[0,"DOCID",["thumbnail",H,W],["original",H,W]`: the height comes first."""
_ABOUT = re.compile(rf'"2003"\s*:\s*\[[^,\[\]]{{0,20}},[^,\[\]]{{0,120}},\s*{_TEXT}\s*,\s*{_TEXT}')
"""`"2003":[null,"id","page","title"`, which may follow such an array."""
_BEHIND = 6000
"""Characters behind an array that may tell of the page."""
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_TBN = "https://encrypted-tbn0.gstatic.com/images?q=tbn:"


def results(body: str, page: Selector) -> list[Told]:
    """All different results of an answer in HTML or WML, in their order."""
    found = list(_arrays(body)) or list(_arrays(body.replace(r"\x22", '"').replace(r"\"", '"')))
    cards = _cards(page)
    told = [_joined(each, cards.get(each["engine_id"], {})) for each in found] or list(_links(page))
    different: dict[str, Told] = {}
    for each in told:
        different.setdefault(each["engine_id"] or each["image_url"], each)
    return list(different.values())


def has_cards(page: Selector) -> bool:
    """Whether an answer shows results, readable or not."""
    return bool(page.xpath("//*[@data-docid]")) or bool(page.xpath('//a[contains(@href, "/imgres?")]'))


def json_results(body: str) -> list[Any] | None:
    """The rows of the JSON in an answer, which stands behind some junk; None if there are none to be had."""
    try:
        whole, _ = json.JSONDecoder().raw_decode(body, body.index(JSON))
    except (ValueError, RecursionError):
        return None
    rows = mapping(mapping(whole).get("ischj")).get("metadata")
    return rows if isinstance(rows, list) else None


def json_result(row: Any) -> Told | None:
    """A row of that JSON."""
    told, original = mapping(row), mapping(mapping(row).get("original_image"))
    image_url = url(original.get("url"))
    if image_url is None:
        return None
    result, snippet = mapping(told.get("result")), text(mapping(told.get("text_in_grid")).get("snippet"))
    rights = mapping(result.get("iptc"))
    notice = text(rights.get("copyright_notice"))
    return {
        "image_url": image_url,
        "thumbnail_url": url(mapping(told.get("thumbnail")).get("url")),
        "width": number(original.get("width")),
        "height": number(original.get("height")),
        "filesize_bytes": filesize(mapping(told.get("gsa")).get("file_size")),
        "title": text(result.get("page_title")) or snippet,
        "alt": snippet,
        "page_url": url(result.get("referrer_url")),
        "site": text(result.get("site_title")),
        "creator": first(rights.get("creator")),
        "date": plain(result.get("freshness_date")),
        "extra": {"copyright": notice} if notice else {},
    }


def _arrays(body: str) -> Iterator[Told]:
    found = list(_ARRAY.finditer(body))
    for each, following in zip(found, [*found, None][1:], strict=True):
        image_url = url(_unescaped(each[5]))
        if image_url is None:
            continue
        end = min(each.end() + _BEHIND, following.start() if following else len(body))
        about = _ABOUT.search(body, each.end(), end)
        yield {
            "image_url": image_url,
            "thumbnail_url": url(_unescaped(each[2])),
            "width": number(each[7]),
            "height": number(each[6]),
            "engine_id": each[1],
            "page_url": url(_unescaped(about[1])) if about else None,
            "title": text(_unescaped(about[2])) if about else None,
        }


def _cards(page: Selector) -> dict[str, Told]:
    """What the visible part of a page tells, by the ids of results."""
    cards: dict[str, Told] = {}
    for each in page.xpath("//*[@data-docid]"):
        alt = text(each.xpath("string((.//img[@alt!=''])[1]/@alt)").get())
        told = {"alt": alt, "title": alt, "page_url": url(each.root.get("data-lpage"))}
        cards.setdefault(each.root.get("data-docid"), told)
    return cards


def _joined(told: Told, card: Mapping[str, Any]) -> Told:
    return told | {name: value for name, value in card.items() if value is not None}


def _links(page: Selector) -> Iterator[Told]:
    """Results of the kind `/imgres?imgurl=...&imgrefurl=...&w=...&h=...&tbnid=...`."""
    for link in page.xpath('//a[contains(@href, "/imgres?")]'):
        asked = parse_qs(link.root.get("href").partition("?")[2])
        told = {name: values[0] for name, values in asked.items()}
        image_url = url(told.get("imgurl"))
        if image_url is None:
            continue
        shown = url(link.xpath("string((.//img/@src)[1])").get())
        number_of_thumb = plain(told.get("tbnid"))
        yield {
            "image_url": image_url,
            "thumbnail_url": shown or (f"{_TBN}{number_of_thumb}" if number_of_thumb else None),
            "width": number(told.get("w")),
            "height": number(told.get("h")),
            "engine_id": plain(told.get("docid")) or number_of_thumb,
            "alt": text(link.xpath("string((.//img[@alt!=''])[1]/@alt)").get()),
            "page_url": url(told.get("imgrefurl")),
        }


def _unescaped(told: str) -> str:
    """A JavaScript string without its escapes, which may lie within another string."""
    plainer = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), told)
    paired = plainer.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub(r"\\+[nrt]", " ", paired).replace("\\", "")
