"""Hosts whose robots.txt or TDM file says something: the first label of the host name picks it.

Rules for robots.txt: RFC 9309. Rules for `/.well-known/tdmrep.json`: the TDM Reservation Protocol (TDMRep)
report of the W3C community group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
SLOW = 1.5
"""Seconds that the slow host takes for its robots.txt."""
_PADDING = b"# Nothing is said in this line, which only makes the file long.\n" * 12_000


@dataclass(frozen=True, slots=True)
class Host:
    """What a host answers for its robots.txt, and what a good client then fetches."""

    does: str
    outcome: str
    answer: Answer


def _text(text: str | bytes, content_type: str = "text/plain") -> Answer:
    body = text.encode() if isinstance(text, str) else text

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body, content_type=content_type)

    return answer


def _status(code: int) -> Answer:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=code, text=f"{code}\n")

    return answer


async def _redirecting(request: web.BaseRequest) -> web.StreamResponse:
    """Two redirects (RFC 9309 asks clients to follow at least five), then a refusal."""
    step = int(request.query.get("step", "0"))
    if step < 2:
        return web.Response(status=301, headers={"Location": f"/robots.txt?step={step + 1}"})
    return web.Response(text=_ALL)


async def _slow(_: web.BaseRequest) -> web.StreamResponse:
    await asyncio.sleep(SLOW)
    return web.Response(text=_ALL)


_ALL = "User-agent: *\nDisallow: /\n"
_PRIVATE = "User-agent: *\nDisallow: /private/\n"

ROBOTS: Mapping[str, Host] = {
    "robots-allowed": Host("404", "everything", _status(404)),
    "robots-disallow-all": Host("disallows everything", "nothing", _text(_ALL)),
    "robots-disallow-path": Host("disallows /private/", "all but /private/", _text(_PRIVATE)),
    "robots-crawl-delay": Host(
        "asks for a second between requests",
        "everything, one request a second",
        _text("User-agent: *\nCrawl-delay: 1\nDisallow: /private/\n"),
    ),
    "robots-only-others": Host(
        "disallows another agent", "everything", _text("User-agent: otherbot\nDisallow: /\n")
    ),
    "robots-our-agent": Host(
        "disallows pixcrawler and allows the others",
        "nothing",
        _text("User-agent: *\nAllow: /\n\nUser-agent: PixCrawler\nDisallow: /\n"),
    ),
    "robots-500": Host("500", "nothing for now (unreachable: assume disallowed)", _status(500)),
    "robots-403": Host("403", "everything (unavailable: no rules)", _status(403)),
    "robots-huge": Host(
        "disallows /private/, then 750 KiB of comments",
        "all but /private/ (at least 500 KiB are read)",
        _text(_PRIVATE.encode() + _PADDING),
    ),
    "robots-redirecting": Host("two redirects to a refusal", "nothing", _redirecting),
    "robots-html-instead": Host(
        "an HTML page with status 200",
        "everything (no rules in it)",
        _text("<!doctype html><title>Home</title><p>Welcome, robots: *\n", "text/html"),
    ),
    "robots-slow": Host(f"disallows everything after {SLOW:g} s", "nothing", _slow),
    "robots-latin-1": Host(
        "disallows /private/, with bytes that are not UTF-8",
        "all but /private/",
        _text("# Règles für Säue\nUser-agent: *\nDisallow: /privé/\nDisallow: /private/\n".encode("latin-1")),
    ),
}

TDM: Mapping[str, Any] = {
    "tdm-reserved": [
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "https://policy.example/tdm.json"}
    ],
    "tdm-path": [{"location": "/private/*", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}],
    "tdm-free": [{"location": "/", "tdm-reservation": 0}],
    "tdm-invalid": "not a list of rules",
}
"""The TDM file of each such host: everything reserved, one path reserved, free, and not in the format."""


async def robots_txt(request: web.BaseRequest, host: str) -> web.StreamResponse:
    """The robots.txt of a host; those not in the table have none."""
    known = ROBOTS.get(host)
    return await known.answer(request) if known else web.Response(status=404, text="404\n")


def tdmrep(host: str) -> web.Response:
    """The `/.well-known/tdmrep.json` of a host; those not in the table have none."""
    if host not in TDM:
        return web.Response(status=404, text="404\n")
    return web.json_response(TDM[host])
