"""`python -m pixcrawler_core.testing.web`: serve a folder of photographs as a small web of sources."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from pathlib import Path
from typing import Any

from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.photographs import load_photographs
from pixcrawler_core.testing.web.server import listen, parent_gone, serve


def main() -> int:
    """Read the command line, print the addresses as one JSON line, and serve until interrupted."""
    options = _parser().parse_args()
    try:
        collection = Collection(load_photographs(options.photographs), options.faults, options.seed)
    except (PixCrawlerError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    try:
        asyncio.run(_run(collection, options.port, until_stdin_ends=options.until_stdin_ends))
    except KeyboardInterrupt:
        return 130
    return 0


async def _run(collection: Collection, port: int, *, until_stdin_ends: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch() -> None:
        parent_gone()
        loop.call_soon_threadsafe(stop.set)

    if until_stdin_ends:
        threading.Thread(target=watch, daemon=True).start()
    await serve(collection, (listen(port), listen(0)), _say, stop=stop.wait())


def _say(addresses: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pixcrawler_core.testing.web", description="Serve a simulated web of photographs."
    )
    parser.add_argument(
        "--photographs", type=Path, required=True, help="folder with one subfolder a category"
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument(
        "--faults", type=float, default=0.0, help="share of faulty results, 0 to 0.9 (default: 0)"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the faults (default: 1)")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop when standard input is closed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
