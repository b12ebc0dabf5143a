"""`pixcrawler demo`: the whole way from keywords to a dataset, against a simulated web on this machine."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

PHOTOGRAPHS = Path("examples/photographs")
FAULTS = 0.35
"""Share of search results that lead to a fault: more than in life, so that each kind is seen."""

PORTS = range(20_000, 40_000)
PATIENCE = 2.0
"""Seconds in which the web of a demo that was killed lets go of its port."""


@click.command()
@click.option(
    "--photographs",
    type=click.Path(path_type=Path),
    default=PHOTOGRAPHS,
    show_default=True,
    help="Folder of photographs, a subfolder for each category; the default is in a checkout of PixCrawler.",
)
@click.option(
    "--max-images", type=click.IntRange(min=1), default=7, show_default=True, help="Images per category."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
@click.pass_obj
def demo(context: Context, photographs: Path, max_images: int, as_json: bool) -> int:
    """Crawl real photographs from a simulated web into a finished dataset.

    A server on this machine speaks the formats of Openverse and Wikimedia Commons and serves real
    photographs, with faults mixed in; everything else is the code that crawls the real web.
    """
    from pixcrawler_core.commands.work import do_job
    from pixcrawler_core.config.load import check_tables
    from pixcrawler_core.errors import ConfigError
    from pixcrawler_core.testing.web import SimulatedWeb

    if not photographs.is_dir():
        raise ConfigError(
            f"there is no folder {photographs}; run the demo in a checkout of PixCrawler, "
            "or give a folder of photographs, a subfolder for each category, with --photographs"
        )
    with SimulatedWeb(photographs, faults=FAULTS, port=_port(context.workspace)) as web:
        job = check_tables(_tables(web, photographs, max_images), context.registry, Path.cwd())
        return do_job(context, job, as_json=as_json)


def _port(workspace: Path) -> int:
    """The same port of this machine for a workspace, so that a demo that was stopped goes on; 0 for any one
    where that is taken."""
    digest = hashlib.sha256(os.fsencode(workspace.absolute())).digest()
    port = PORTS[int.from_bytes(digest[:8]) % len(PORTS)]
    end = time.monotonic() + PATIENCE
    while not _is_free(port):
        if time.monotonic() > end:
            return 0
        time.sleep(0.05)
    return port


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _tables(web: Any, photographs: Path, max_images: int) -> dict[str, Any]:
    names = sorted(folder.name for folder in photographs.iterdir() if folder.is_dir())
    return {
        "job": {"name": "demo", "max_images": max_images},
        "category": [{"name": name, "keywords": [name.replace("-", " ")]} for name in names],
        "sources": {
            "engines": ["openverse", "wikimedia"],
            "openverse": {"endpoint": f"{web.openverse_url}/v1/images/", "delay": 0},
            "wikimedia": {"endpoint": web.wikimedia_url, "delay": 0},
        },
        "fetch": {
            "contact": "https://example.org/bot",
            "allow_private_hosts": ["127.0.0.1", "localhost"],
            "read_timeout": 2,
            "backoff": 0.1,
        },
        "export": {"formats": ["zip"]},
    }
