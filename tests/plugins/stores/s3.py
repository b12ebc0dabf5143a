"""A server that speaks S3, of moto, where that is installed."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
import pytest

BUCKET = "bucket"
LOGIN = {"key": "id", "secret": "s3cret"}
LACKING = [name for name in ("s3fs", "moto", "flask", "flask_cors") if importlib.util.find_spec(name) is None]


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server with one empty bucket; skips the test where moto or s3fs is missing."""
    if LACKING:
        pytest.skip(f"not installed: {', '.join(LACKING)}")
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    fsspec.filesystem("s3", endpoint_url=address, **LOGIN).mkdir(BUCKET)
    yield address
    server.stop()
