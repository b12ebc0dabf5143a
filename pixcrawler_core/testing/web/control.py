"""The control endpoint (`/control/...` on 127.0.0.1): what tests read and change while the server runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from aiohttp import web

from pixcrawler_core.testing.web.collection import ENGINES, Collection
from pixcrawler_core.testing.web.engine import Engine
from pixcrawler_core.testing.web.engines import names
from pixcrawler_core.testing.web.exchange import Planned, State
from pixcrawler_core.testing.web.wikimedia import error

HOWS = ("429", "500", "503", "html", "maxlag", "ratelimited", "block", "layout", "script")
"""Failures that an engine can be told to answer with. `maxlag` and `ratelimited` are Wikimedia's own, inside
HTTP 200; `block` is the engine's own page for programs; `layout` an answer that no parser knows; `script` its
ordinary answer, written into the page by a script."""


class Control:
    """Answers `/control/<what>`; a value that makes no sense is answered with 400 and a sentence."""

    def __init__(self, state: State, collection: Collection, port: int) -> None:
        self.state = state
        self.collection = collection
        self.port = port

    async def answer(self, request: web.BaseRequest, what: str) -> web.Response:
        """The answer to a control request."""
        if request.method == "GET":
            readers = {"log": self._log, "photographs": self._photographs, "entries": self._entries}
            return web.json_response(readers[what]()) if what in readers else _refusal(f"no {what!r} to read")
        writers = {"fail": self._fail, "delay": self._delay, "reset": self._reset}
        if what not in writers:
            return _refusal(f"no {what!r} to change")
        try:
            writers[what](await request.json() if request.can_read_body else {})
        except (KeyError, TypeError, ValueError) as problem:
            return _refusal(f"{what}: {problem!r}")
        return web.json_response({})

    def _log(self) -> list[dict[str, Any]]:
        return [asdict(record) for record in self.state.log]

    def _photographs(self) -> list[dict[str, Any]]:
        engines: dict[str, list[str]] = {key: [] for key in self.collection.photographs}
        for engine, entries in self.collection.entries.items():
            for entry in entries:
                if not entry.fault:
                    engines[entry.photograph.key].append(engine)
        return [
            {
                "key": photograph.key,
                "category": photograph.category,
                "title": photograph.title,
                "tags": photograph.tags,
                "creator": photograph.creator,
                "licence": photograph.licence.name,
                "licence_url": photograph.licence.url,
                "width": photograph.width,
                "height": photograph.height,
                "size": len(photograph.body),
                "sha256": photograph.sha256,
                "engines": engines[photograph.key],
            }
            for photograph in self.collection.photographs.values()
        ]

    def _entries(self) -> list[dict[str, Any]]:
        return [
            {
                "engine": entry.engine,
                "url": f"http://{entry.host}.localhost:{self.port}{entry.path}",
                "label": entry.photograph.category,
                "licence": entry.photograph.licence.name,
                "key": entry.photograph.key,
                "fault": entry.fault,
            }
            for engine in ENGINES
            for entry in self.collection.entries[engine]
        ]

    def _fail(self, body: Mapping[str, Any]) -> None:
        engine, how = str(body["engine"]), str(body["how"])
        known = (*ENGINES, *names())
        if engine not in known or how not in HOWS:
            raise ValueError(f"engine must be one of {known} and how one of {HOWS}")
        planned = Planned(how, int(body["calls"]), int(body.get("seconds", 1)))
        self.state.answers.setdefault(engine, []).append(planned)

    def _delay(self, body: Mapping[str, Any]) -> None:
        self.state.delay = float(body["milliseconds"]) / 1000

    def _reset(self, _: Mapping[str, Any]) -> None:
        self.state.log.clear()
        self.state.seen.clear()
        self.state.answers.clear()
        self.state.delay = 0.0


def next_failure(state: State, engine: str) -> str | None:
    """How the next call of an engine is to fail, if it is."""
    waiting = state.answers.get(engine)
    return waiting[0].how if waiting else None


def scripted(response: web.StreamResponse) -> web.StreamResponse:
    """The same page for a browser that runs scripts, and nothing for anybody else."""
    text = response.text if isinstance(response, web.Response) else None
    if text is None or response.content_type != "text/html":
        return response
    script = f"document.documentElement.innerHTML = decodeURIComponent({json.dumps(quote(text))})"
    plain = "<noscript>/httpservice/retry/enablejs</noscript>"
    page = f"<!doctype html><html><body>{plain}<script>{script}</script></body></html>"
    return web.Response(text=page, content_type="text/html")


def planned_failure(state: State, engine: str, simulated: Engine | None = None) -> web.Response | None:
    """The failure that this call of an engine is told to meet, if any; counts it down."""
    waiting = state.answers.get(engine)
    if not waiting:
        return None
    planned = waiting[0]
    planned.calls -= 1
    if planned.calls <= 0:
        waiting.pop(0)
    if planned.how in {"maxlag", "ratelimited"}:
        return error(planned.how, f"Waiting for a slow database: {planned.seconds} seconds lagged.")
    if simulated is not None and planned.how in {"block", "layout"}:
        return simulated.block() if planned.how == "block" else simulated.layout()
    if planned.how == "html":
        return web.Response(text="<!doctype html><title>Just a moment</title>", content_type="text/html")
    if planned.how == "429":
        detail = f"Request was throttled. Expected available in {planned.seconds} seconds."
        headers = {"Retry-After": str(planned.seconds)}
        return web.json_response({"detail": detail}, status=429, headers=headers)
    return web.json_response({"detail": "A server error occurred."}, status=int(planned.how))


def _refusal(why: str) -> web.Response:
    return web.json_response({"problem": why}, status=400)
