"""Hands on connections from one socket to another: `python relay.py FROM TO`.

Each is `HOST:PORT`, or the path of a Unix socket: such a one is found from any network namespace.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress


async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write what is read, to the end."""
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def relay(begin: str, end: str) -> None:
    """Take connections for ever."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await (
                asyncio.open_unix_connection(end)
                if end.startswith("/")
                else asyncio.open_connection(*end.rsplit(":", 1))
            )
        except OSError:
            writer.close()
            return
        await asyncio.gather(hand_on(reader, to_writer), hand_on(to_reader, writer))

    if begin.startswith("/"):
        server = await asyncio.start_unix_server(connected, begin)
    else:
        server = await asyncio.start_server(connected, *begin.rsplit(":", 1))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1], sys.argv[2]))
