"""Image hosts: photographs, thumbnails, landing pages, faults and an endless supply of crops."""

from __future__ import annotations

import asyncio
import html
import re
from collections import OrderedDict
from urllib.parse import unquote

from aiohttp import web

from pixcrawler_core.testing.crops import Originals, crop
from pixcrawler_core.testing.web import fault_bodies
from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.exchange import Call, Record, State
from pixcrawler_core.testing.web.faults import FAULTS
from pixcrawler_core.testing.web.photographs import Photograph

KEPT_CROPS = 2_000
"""Rendered crops that stay in memory, about 140 MB."""
_NUMBER = "[0-9]{1,9}"


class Images:
    """Answers for all image hosts; `state` remembers which faults were met before."""

    def __init__(self, collection: Collection, state: State, port: int) -> None:
        self.photographs = collection.photographs
        self.commons = {unquote(path): photograph for path, photograph in collection.images.items()}
        self.state = state
        self.port = port
        self.originals = Originals([photograph.body for photograph in self.photographs.values()])
        self._crops: OrderedDict[str, bytes] = OrderedDict()

    async def answer(self, request: web.BaseRequest, record: Record, path: str) -> web.StreamResponse:
        """The answer for a path of an image host."""
        if self.state.delay:
            await asyncio.sleep(self.state.delay)
        found = self.commons.get(path)
        if found is not None:
            return web.Response(body=found.body, headers={"Content-Type": found.content_type})
        _, kind, *rest = path.split("/", 2)
        tail = rest[0] if rest else ""
        if kind in {"photographs", "private"} and tail in self.photographs:
            return _image(self.photographs[tail])
        if kind == "fault":
            return await self._fault(request, record, tail)
        if kind == "thumb":
            return await self._thumb(tail)
        if kind == "page" and tail in self.photographs:
            return _page(self.photographs[tail])
        if kind == "big":
            return await self._big(tail)
        return not_found()

    async def thumbnail(self, photograph: Photograph, width: int) -> web.Response:
        """A small JPEG of a photograph."""
        body = await asyncio.to_thread(fault_bodies.thumbnail, photograph, width)
        return web.Response(body=body, content_type="image/jpeg")

    async def _thumb(self, tail: str) -> web.Response:
        width, _, key = tail.partition("/")
        if key not in self.photographs or not re.fullmatch("[1-9][0-9]{0,3}", width):
            return not_found()
        return await self.thumbnail(self.photographs[key], int(width))

    async def _fault(self, request: web.BaseRequest, record: Record, tail: str) -> web.StreamResponse:
        kind, _, key = tail.partition("/")
        fault = FAULTS.get(kind)
        argument = ""
        if fault is not None and fault.argument:
            argument, _, key = key.partition("/")
            if not re.fullmatch(_NUMBER, argument):
                return not_found()
        if fault is None or key not in self.photographs:
            return not_found()
        name = f"{request.host}{request.path}"
        seen = self.state.seen[name] = self.state.seen.get(name, 0) + 1
        call = Call(
            request=request,
            record=record,
            photograph=self.photographs[key],
            port=self.port,
            argument=argument,
            first=seen == 1,
        )
        return await fault.answer(call)

    async def _big(self, tail: str) -> web.Response:
        found = re.fullmatch(f"({_NUMBER})/({_NUMBER})\\.jpg", tail)
        if found is None:
            return not_found()
        body = self._crops.get(tail)
        if body is None:
            body = await asyncio.to_thread(crop, self.originals, int(found[1]), int(found[2]))
            self._crops[tail] = body
            if len(self._crops) > KEPT_CROPS:
                self._crops.popitem(last=False)
        return web.Response(body=body, headers={"Content-Type": "image/jpeg"})


def _image(photograph: Photograph) -> web.Response:
    return web.Response(body=photograph.body, headers={"Content-Type": photograph.content_type})


def _page(photograph: Photograph) -> web.Response:
    title, creator = html.escape(photograph.title), html.escape(photograph.creator)
    text = f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{creator}, {photograph.licence.name}</p>"
    return web.Response(text=text, content_type="text/html")


def not_found() -> web.Response:
    """The answer for what does not exist."""
    return web.Response(status=404, text="404\n")
