"""The physical floor: loops that do one thing only to the same images, on one thread.

`python benchmarks/floor.py download LIST CONCURRENCY`, or `work FOLDER OUT` to decode, hash and write;
each loop prints a JSON line. Imports and the reading of files from disk are not counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def counted(what: str, count: int) -> Iterator[None]:
    """Time the work in the context, and print what it took per item."""
    clock, cpu = time.perf_counter(), time.process_time()
    yield
    wall, used = time.perf_counter() - clock, time.process_time() - cpu
    print(json.dumps({"what": what, "rate": count / wall, "cpu": 1000 * used / count}))


async def download(urls: list[str], concurrency: int) -> None:
    """Get every URL with aiohttp and forget it."""
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector

    waiting = iter(urls)
    connector = TCPConnector(limit=0)
    async with ClientSession(
        connector=connector, cookie_jar=DummyCookieJar(), raise_for_status=True
    ) as session:

        async def client() -> None:
            for url in waiting:
                async with session.get(url) as response:
                    await response.read()

        with counted("download only (aiohttp)", len(urls)):
            await asyncio.gather(*(client() for _ in range(concurrency)))


def work(bodies: list[bytes], out: Path) -> None:
    """Decode, hash and write every body, each in one loop of its own."""
    from PIL import Image

    def full(body: bytes) -> None:
        Image.open(io.BytesIO(body)).load()

    def grey(body: bytes) -> None:
        picture = Image.open(io.BytesIO(body))
        picture.draft("L", (256, 256))
        picture.load()

    def write(body: bytes) -> None:
        part = out / "part"
        part.write_bytes(body)
        part.rename(out / str(next(numbers)))

    out.mkdir()
    numbers = itertools.count()
    loops: dict[str, Callable[[bytes], object]] = {
        "decode only (full size)": full,
        "decode only (grey, scaled by DCT)": grey,
        "SHA-256 only": hashlib.sha256,
        "write and rename only (one folder)": write,
    }
    for what, loop in loops.items():
        with counted(what, len(bodies)):
            for body in bodies:
                loop(body)


def main() -> None:
    """Run the loop that the command line names."""
    if sys.argv[1] == "download":
        asyncio.run(download(Path(sys.argv[2]).read_text().split(), int(sys.argv[3])))
    else:
        work([path.read_bytes() for path in Path(sys.argv[2]).rglob("*.jpg")], Path(sys.argv[3]))


if __name__ == "__main__":
    main()
