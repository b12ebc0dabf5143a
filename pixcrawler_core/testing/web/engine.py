"""What the simulated sources have in common: photographs found by words, and answers that are no results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from aiohttp import web

from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.photographs import Photograph, answers

KEY = "test-key"
"""The key that all simulated sources with keys know."""


class Engine:
    """Base of simulated sources; a module of `engines` has one subclass, called `Simulated`."""

    name: ClassVar[str]

    def __init__(self, collection: Collection, port: int) -> None:
        self.collection = collection
        self.port = port

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """The answer to a request for `/NAME/<rest>`, on whatever host; POST is possible."""
        raise TypeError(f"the simulated source {self.name!r} must override answer")

    def block(self) -> web.Response:
        """The page with which the source turns programs away."""
        text = "<!doctype html><title>Just a moment...</title><div id='challenge-form'></div>"
        return web.Response(status=403, text=text, content_type="text/html")

    def layout(self) -> web.Response:
        """An answer of a form that no parser knows."""
        return web.json_response({"unexpected": ["nothing", "of", "use"]})

    # What helps a subclass.

    def search(self, query: str) -> list[Photograph]:
        """The photographs that answer a query, always in the same order."""
        found = (each for each in self.collection.photographs.values() if answers(query, each.words))
        return sorted(found, key=lambda photograph: photograph.sha256)

    def photograph(self, sha256: str) -> Photograph | None:
        """The photograph whose digest begins so: `id_of` makes ids of such beginnings."""
        found = (each for each in self.collection.photographs.values() if each.sha256.startswith(sha256))
        return next(found, None) if sha256 else None

    def id_of(self, photograph: Photograph) -> str:
        """A short id, of small letters and digits."""
        return photograph.sha256[:12]

    def number_of(self, photograph: Photograph) -> int:
        """A short id that is a number; `by_number` finds the photograph again."""
        return int(photograph.sha256[:7], 16) + 1

    def by_number(self, number: int | str) -> Photograph | None:
        """The photograph with this number."""
        photographs = self.collection.photographs.values()
        return next((each for each in photographs if str(self.number_of(each)) == str(number)), None)

    def url(self, path: str = "", host: str = "") -> str:
        """An address of this source: `/NAME` and the path, on 127.0.0.1 or on `host`.localhost."""
        where = f"{host}.localhost" if host else "127.0.0.1"
        return f"http://{where}:{self.port}/{self.name}{path}"

    def image_url(self, photograph: Photograph, host: str = "photos-1") -> str:
        """Where the photograph itself is, on one of the ordinary image hosts (`photos-1` to `photos-4`)."""
        return f"http://{host}.localhost:{self.port}/photographs/{photograph.path}"

    def thumb_url(self, photograph: Photograph, width: int = 200) -> str:
        """Where a small copy is."""
        return f"http://thumbs.localhost:{self.port}/thumb/{width}/{photograph.path}"

    def page_url(self, photograph: Photograph) -> str:
        """A web page that shows the photograph."""
        return f"http://pages.localhost:{self.port}/page/{photograph.path}"


def image(photograph: Photograph) -> web.Response:
    """The bytes of a photograph, for sources whose image addresses have a form of their own."""
    return web.Response(body=photograph.body, headers={"Content-Type": photograph.content_type})


def page_of(found: Sequence[Photograph], start: int, size: int) -> Sequence[Photograph]:
    """The results from `start` (counted from 0), at most `size`."""
    return found[max(start, 0) : max(start, 0) + max(size, 0)]
