"""The search of Openverse as anonymous callers meet it: `GET /openverse/v1/images/`.

Follows the serializers and throttles of WordPress/openverse (parameters, limits, shape of the answers).
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.collection import Collection, Entry
from pixcrawler_core.testing.web.photographs import words

PAGE_SIZE = 20
"""The most results that a page holds for anonymous callers."""
DEPTH = 240
"""The most results of a query that anonymous callers can see."""
DEPRECATED = ("li", "lt", "pagesize", "provider")
LICENCES = (
    "by",
    "by-sa",
    "by-nd",
    "by-nc",
    "by-nc-sa",
    "by-nc-nd",
    "cc0",
    "pdm",
    "sampling+",
    "nc-sampling+",
)
LICENCE_TYPES: Mapping[str, Callable[[str], bool]] = {
    "all": lambda code: True,
    "all-cc": lambda code: code not in {"cc0", "pdm"},
    "commercial": lambda code: "nc" not in code,
    "modification": lambda code: "nd" not in code,
}
_LIMITS = {
    "x-ratelimit-limit-anon_burst": "20000/min",
    "x-ratelimit-available-anon_burst": "19999",
    "x-ratelimit-limit-anon_sustained": "200000/day",
    "x-ratelimit-available-anon_sustained": "199999",
}


class Openverse:
    """Answers searches over a collection; `base` is the server's address without a slash at the end."""

    def __init__(self, collection: Collection, port: int) -> None:
        self.collection = collection
        self.port = port
        self.base = f"http://127.0.0.1:{port}/openverse/v1/images"
        self.by_id = {_id(entry): entry for entry in collection.entries["openverse"]}

    def answer(self, query: Mapping[str, str]) -> web.Response:
        """The answer to a search."""
        problem = _problem(query)
        if problem is not None:
            return problem
        page, size = int(query.get("page", "1")), int(query.get("page_size", str(PAGE_SIZE)))
        found = [entry for entry in self._search(query) if _fits(entry, query)]
        results = [self.result(entry) for entry in found[(page - 1) * size : page * size]]
        reply: dict[str, Any] = {
            "result_count": min(len(found), 10_000),
            "page_count": math.ceil(len(found) / size),
            "page_size": size,
            "page": page,
            "results": results,
        }
        if warnings := self._warnings(query):
            reply["warnings"] = warnings
        return web.json_response(reply, headers=_LIMITS)

    def detail(self, identifier: str) -> web.Response:
        """The answer to a question for one image."""
        entry = self.by_id.get(identifier)
        if entry is None:
            return web.json_response({"detail": "No Image matches the given query."}, status=404)
        return web.json_response(self.result(entry), headers=_LIMITS)

    def result(self, entry: Entry) -> dict[str, Any]:
        """One result as Openverse writes it."""
        photograph, identifier = entry.photograph, _id(entry)
        licence = photograph.licence
        host = f"http://{entry.host}.localhost:{self.port}"
        return {
            "id": identifier,
            "title": photograph.title,
            "indexed_on": "2024-01-15T08:30:00.000000Z",
            "foreign_landing_url": f"{host}/page/{photograph.path}",
            "url": host + entry.path,
            "creator": photograph.creator or None,
            "creator_url": f"{host}/people/{entry.number}" if photograph.creator else None,
            "license": licence.code,
            "license_version": licence.version,
            "license_url": licence.url,
            "provider": entry.host,
            "source": entry.host,
            "category": "photograph",
            "filesize": len(photograph.body) if entry.number % 4 else None,
            "filetype": _extension(entry),
            "tags": [
                {"name": tag, "accuracy": None, "unstable__provider": entry.host} for tag in photograph.tags
            ],
            "attribution": _attribution(entry),
            "fields_matched": ["title"],
            "mature": "mature" in photograph.tags,
            "height": photograph.height if entry.number % 5 else None,
            "width": photograph.width if entry.number % 5 else None,
            "thumbnail": f"{self.base}/{identifier}/thumb/",
            "detail_url": f"{self.base}/{identifier}/",
            "related_url": f"{self.base}/{identifier}/related/",
            "unstable__sensitivity": [],
        }

    def _search(self, query: Mapping[str, str]) -> list[Entry]:
        text = " ".join(query.get(name, "") for name in ("q", "tags", "title"))
        return self.collection.search("openverse", text[:200])

    def _warnings(self, query: Mapping[str, str]) -> list[dict[str, str]]:
        known = {entry.host for entry in self.by_id.values()}
        unknown = sorted(_listed(query, "source") - known)
        if not unknown:
            return []
        message = f"These sources are not known and were ignored: {', '.join(unknown)}."
        return [{"code": "partially invalid request parameters", "message": message}]


def _id(entry: Entry) -> str:
    return str(uuid.UUID(bytes=entry.digest[:16], version=4))


def _extension(entry: Entry) -> str:
    return entry.photograph.key.rpartition(".")[2].lower().replace("jpeg", "jpg")


def _attribution(entry: Entry) -> str:
    photograph = entry.photograph
    by = f" by {photograph.creator}" if photograph.creator else ""
    licence = photograph.licence
    is_under = "is licensed under" if licence.needs_attribution else "is marked with"
    return f'"{photograph.title}"{by} {is_under} {licence.name}. To view the terms, visit {licence.url}.'


def _listed(query: Mapping[str, str], name: str) -> set[str]:
    return {value for value in query.get(name, "").lower().split(",") if value}


def _problem(query: Mapping[str, str]) -> web.Response | None:
    for name in DEPRECATED:
        if name in query:
            return _refusal(name, "This parameter is deprecated; see the documentation for its successor.")
    if "source" in query and "excluded_source" in query:
        return _refusal("excluded_source", "'source' and 'excluded_source' cannot be given together.")
    if "q" in query and ("tags" in query or "title" in query):
        return _refusal("q", "'q' cannot be given together with 'tags' or 'title'.")
    for name, choices in (("license", LICENCES), ("license_type", tuple(LICENCE_TYPES))):
        for value in _listed(query, name) - set(choices):
            return _refusal(name, f"'{value}' is not one of: {', '.join(choices)}.")
    return _paging_problem(query.get("page", "1"), query.get("page_size", str(PAGE_SIZE)))


def _paging_problem(page: str, size: str) -> web.Response | None:
    for name, value in (("page", page), ("page_size", size)):
        if not re.fullmatch("[1-9][0-9]{0,8}", value):
            return _refusal(name, "A whole number above zero is required.")
    if int(size) > PAGE_SIZE:
        detail = f"page_size must be between 1 and {PAGE_SIZE} for anonymous requests."
        return web.json_response({"detail": detail}, status=401, headers=_LIMITS)
    if int(page) * int(size) > DEPTH:
        return _refusal("page", f"Anonymous requests cannot see more than {DEPTH} results of a query.")
    return None


def _refusal(name: str, why: str) -> web.Response:
    body = {"error": "InputError", "detail": f"Invalid input given for '{name}'. {why}", "fields": [name]}
    return web.json_response(body, status=400, headers=_LIMITS)


def _fits(entry: Entry, query: Mapping[str, str]) -> bool:
    photograph = entry.photograph
    code = photograph.licence.code
    extensions = {value.replace("jpeg", "jpg") for value in _listed(query, "extension")}
    return (
        code in (_listed(query, "license") or {code})
        and all(LICENCE_TYPES[name](code) for name in _listed(query, "license_type"))
        and entry.host in (_listed(query, "source") or {entry.host})
        and entry.host not in _listed(query, "excluded_source")
        and _extension(entry) in (extensions or {_extension(entry)})
        and "photograph" in (_listed(query, "category") or {"photograph"})
        and _size(photograph.width * photograph.height) in (_listed(query, "size") or set(_SIZES))
        and _aspect(photograph.width, photograph.height) in (_listed(query, "aspect_ratio") or set(_ASPECTS))
        and words(query.get("creator", "")) <= words(photograph.creator)
        and (query.get("mature", "").lower() in {"true", "1"} or "mature" not in photograph.tags)
    )


_SIZES = ("small", "medium", "large")
_ASPECTS = ("tall", "wide", "square")


def _size(pixels: int) -> str:
    if pixels < 640 * 480:
        return "small"
    return "medium" if pixels <= 1600 * 900 else "large"


def _aspect(width: int, height: int) -> str:
    if width == height:
        return "square"
    return "tall" if height > width else "wide"
