"""Sends files and objects: in chunks, read in threads, whole or the part that is asked for."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_server.errors import RangeNotSatisfiable
from pixcrawler_server.ranges import Span, Unsatisfiable, may_be_partial, span_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

T = TypeVar("T")
CHUNK = 256 * 1024
"""Bytes that are read at a time: memory of a download is a few of them, whatever it is of."""
THREADS = 8
"""Threads that read; a chunk from a disk takes less than a millisecond."""
PLAIN = frozenset(string.ascii_letters + string.digits + "._-")
"""Letters of a file's name that need no quoting anywhere."""
PRIVATE = "private, no-cache"
"""Asked for again each time, and answered with 304 as long as it is the same."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Something that can be downloaded."""

    size: int
    """Bytes."""
    tag: str
    """Strong ETag: changes with every byte."""
    media_type: str
    name: str
    """Of the file that a browser saves."""
    read: Callable[[Span], AbstractContextManager[Iterator[bytes]]]
    """Opens it for reading; entered and read in a thread."""


class Readers:
    """Threads that read what is downloaded."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="read")

    def close(self) -> None:
        """Wait for reads under way."""
        self._threads.shutdown(cancel_futures=True)

    async def run(self, work: Callable[[], T]) -> T:
        """What work that reads files finds."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def send(self, req: Request, resp: Response, content: Content, cache: str = PRIVATE) -> None:
        """Answer with content: 200, 206, 304 or 416 (RFC 9110, sections 13 to 15)."""
        tagged = {"ETag": content.tag, "Cache-Control": cache}
        if content.tag in _tags(req.get_header("If-None-Match")):
            resp.status = 304
            resp.set_headers(tagged)
            return
        part = _part(req, content)
        span = part or Span(0, content.size)
        stream = await Chunks(content, span, self._threads).opened()
        resp.set_headers({**tagged, "Accept-Ranges": "bytes"})
        resp.set_header("Content-Disposition", disposition(content.name))
        resp.status = 206 if part else 200
        if part:
            resp.set_header("Content-Range", part.told(content.size))
        resp.content_type, resp.content_length = content.media_type, span.length
        resp.stream = stream


class Chunks:
    """The chunks of a span, for an event loop; closed when all were read, or the client went away."""

    def __init__(self, content: Content, span: Span, threads: Executor) -> None:
        self._context = content.read(span)
        self._threads = threads
        self._chunks: Iterator[bytes] | None = None

    async def opened(self) -> Self:
        """Open it, so that what is not there is told before an answer has begun."""
        self._chunks = await self._run(self._context.__enter__)
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._run(self._next)
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def close(self) -> None:
        """Close what it reads from; Falcon calls it at the end, however that came."""
        if self._chunks is not None:
            self._chunks = None
            await self._run(lambda: self._context.__exit__(None, None, None))

    def _next(self) -> bytes | None:
        return None if self._chunks is None else next(self._chunks, None)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def file_content(path: Path, *, tag: str, media_type: str, name: str) -> Content:
    """A file's bytes. Raises OSError for one that is not there."""

    @contextmanager
    def read(span: Span) -> Iterator[Iterator[bytes]]:
        with path.open("rb", buffering=0) as file:
            file.seek(span.begin)
            yield _pieces(file, span.length)

    size = path.stat().st_size
    return Content(size=size, tag=f'"{tag}"', media_type=media_type, name=name, read=read)


def bytes_content(data: bytes, *, tag: str, media_type: str, name: str) -> Content:
    """Bytes that are in memory already."""

    @contextmanager
    def read(span: Span) -> Iterator[Iterator[bytes]]:
        yield iter([data[span.begin : span.end]])

    return Content(size=len(data), tag=f'"{tag}"', media_type=media_type, name=name, read=read)


def disposition(name: str) -> str:
    """`Content-Disposition` for a file to be saved under a name of any letters (RFC 6266, RFC 8187)."""
    plain = "".join(letter if letter in PLAIN else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"


def _pieces(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0:
        piece = file.read(min(CHUNK, length))
        if not piece:
            raise WorkspaceError("a file became shorter while it was sent")
        length -= len(piece)
        yield piece


def _part(req: Request, content: Content) -> Span | None:
    if req.method != "GET" or not may_be_partial(req.get_header("If-Range"), content.tag):
        return None
    try:
        return span_of(req.get_header("Range"), content.size)
    except Unsatisfiable:
        raise RangeNotSatisfiable(
            f"it has {content.size} bytes, and none of those that are asked for",
            headers={"Content-Range": f"bytes */{content.size}"},
        ) from None


def _tags(header: str | None) -> list[str]:
    return [each.strip().removeprefix("W/") for each in (header or "").split(",")]
