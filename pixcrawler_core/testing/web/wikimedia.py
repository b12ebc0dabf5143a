"""The search of Wikimedia Commons: `GET /wikimedia/w/api.php?action=query&generator=search`.

Follows the MediaWiki action API (formats 1 and 2, both kinds of continuation, errors inside HTTP 200).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.collection import Collection, Entry
from pixcrawler_core.testing.web.commons_search import search
from pixcrawler_core.testing.web.imageinfo import imageinfo, page_title

PROPERTY_BATCH = 10
"""Pages whose image information fits into one answer; the others need a property continuation."""
DEPTH = 10_000
_GENERIC_AGENT = re.compile(
    r"(python-requests|python-urllib|python-httpx|python/|okhttp|aiohttp|scrapy/|curl/|wget/|go-http-client|java/|mozilla/5\.0$)",
    re.IGNORECASE,
)


class Wikimedia:
    """Answers the API's questions over a collection."""

    def __init__(self, collection: Collection, port: int) -> None:
        self.collection = collection
        self.port = port

    def answer(self, query: Mapping[str, str], user_agent: str) -> web.Response:
        """The answer to a call; user agents that name no client of their own are refused with 403."""
        if not user_agent.strip() or _GENERIC_AGENT.match(user_agent.strip()):
            text = "Please set a user agent that names your client and a contact.\n"
            return web.Response(status=403, text=text)
        problem = _problem(query)
        if problem is not None:
            return error(*problem)
        return web.json_response(self._reply(query))

    def _reply(self, query: Mapping[str, str]) -> dict[str, Any]:
        offset, limit = int(query.get("gsroffset", "0")), min(int(query.get("gsrlimit", "10")), 500)
        found = search(self.collection, query["gsrsearch"])
        if query.get("gsrnamespace", "0") not in {"6", "*"}:
            found = []
        batch = list(enumerate(found[offset : offset + limit], start=offset + 1))
        if not batch:
            return {"batchcomplete": _flag(query)}
        pages = sorted(({"entry": entry, "index": index} for index, entry in batch), key=_page_id)
        more = offset + limit if offset + limit < len(found) else None
        return self._with_continuation(query, pages, more)

    def _with_continuation(
        self, query: Mapping[str, str], pages: list[dict[str, Any]], more: int | None
    ) -> dict[str, Any]:
        """Image information comes for some pages at a time; the next search results come after the last."""
        wants_info = "imageinfo" in query.get("prop", "").split("|")
        ids = [_page_id(page) for page in pages]
        start = ids.index(int(query["iicontinue"])) if query.get("iicontinue", "") in map(str, ids) else 0
        stop = start + PROPERTY_BATCH if wants_info else len(pages)
        informed = set(ids[start:stop]) if wants_info else set()
        reply: dict[str, Any] = {}
        if stop < len(pages):
            reply["continue"] = {"iicontinue": str(ids[stop]), "continue": "||"}
        else:
            reply["batchcomplete"] = _flag(query)
            if more is not None:
                reply["continue"] = {"gsroffset": more, "continue": "gsroffset||"}
        rows = [self._page(query, page, informed) for page in pages]
        version_2 = query.get("formatversion") in {"2", "latest"}
        reply["query"] = {"pages": rows if version_2 else {str(row["pageid"]): row for row in rows}}
        return reply

    def _page(self, query: Mapping[str, str], page: dict[str, Any], informed: set[int]) -> dict[str, Any]:
        entry: Entry = page["entry"]
        row: dict[str, Any] = {
            "pageid": entry.number,
            "ns": 6,
            "title": page_title(entry),
            "index": page["index"],
        }
        if entry.number in informed:
            row["imagerepository"] = "local"
            row["imageinfo"] = [imageinfo(entry, query, self.port)]
        return row


def error(code: str, info: str) -> web.Response:
    """An error as the API writes it: HTTP 200 with an `error` member and a header."""
    body = {"error": {"code": code, "info": info, "docref": "See the API documentation for usage."}}
    headers = {"MediaWiki-API-Error": code}
    if code == "maxlag":
        headers["Retry-After"] = "1"
    return web.json_response(body, headers=headers)


def _flag(query: Mapping[str, str]) -> bool | str:
    """A true value: an empty string in version 1 of the format."""
    return True if query.get("formatversion") in {"2", "latest"} else ""


def _page_id(page: dict[str, Any]) -> int:
    entry: Entry = page["entry"]
    return entry.number


def _problem(query: Mapping[str, str]) -> tuple[str, str] | None:
    for name, wanted in (("action", "query"), ("format", "json"), ("generator", "search")):
        if query.get(name) != wanted:
            return "badvalue", f'Unrecognized value for parameter "{name}": {query.get(name, "")}.'
    if not query.get("gsrsearch", "").strip():
        return "missingparam", 'The "gsrsearch" parameter must be set.'
    for name in ("gsroffset", "gsrlimit"):
        if not re.fullmatch(r"[0-9]{0,9}", query.get(name, "1")) or query.get(name) == "":
            return "badinteger", f'Invalid value "{query[name]}" for integer parameter "{name}".'
    if int(query.get("gsrlimit", "10")) < 1:
        return "badinteger", 'The "gsrlimit" parameter must be at least 1.'
    if int(query.get("gsroffset", "0")) >= DEPTH:
        return "cirrussearch-offset-too-large", f"Results beyond {DEPTH} are not available."
    return None
