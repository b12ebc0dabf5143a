"""Hands on connections from one socket to another: `python relay.py FROM TO [PATH SECONDS]`.

Each is `HOST:PORT`, or the path of a Unix socket: such a one is found from any network namespace. What comes
back is so many seconds late on a connection by which the path was asked for.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress


class Relay:
    """Hands connections on to `end`."""

    def __init__(self, end: str, path: str = "", seconds: str = "0") -> None:
        self._end, self._path, self._seconds = end, path.encode(), float(seconds)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what comes from both sides, to the end."""
        try:
            to_reader, to_writer = await (
                asyncio.open_unix_connection(self._end)
                if self._end.startswith("/")
                else asyncio.open_connection(*self._end.rsplit(":", 1))
            )
        except OSError:
            writer.close()
            return
        asked: list[bytes] = []
        await asyncio.gather(self._ask(reader, to_writer, asked), self._answer(to_reader, writer, asked))

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                if self._path in chunk:
                    asked.append(self._path)
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: list[bytes]
    ) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                if asked:
                    await asyncio.sleep(self._seconds)
                writer.write(chunk)
                await writer.drain()
        writer.close()


async def relay(begin: str, *told: str) -> None:
    """Take connections for ever."""
    connected = Relay(*told).connected
    if begin.startswith("/"):
        server = await asyncio.start_unix_server(connected, begin)
    else:
        server = await asyncio.start_server(connected, *begin.rsplit(":", 1))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(relay(*sys.argv[1:]))
