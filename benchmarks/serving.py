"""Serves a folder of files over HTTP on this machine: nginx if it is installed, else aiohttp in a process.

`python benchmarks/serving.py FOLDER PORT` is that process.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HOST = "127.0.0.1"
START = 15.0
"""Seconds in which the server must accept connections."""
CONFIGURATION = """
daemon off;
master_process off;
pid {scratch}/pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
    types {{ image/jpeg jpg; }}
    access_log off;
    log_not_found off;
    sendfile on;
    keepalive_requests 1000000;
    open_file_cache max=20000 inactive=600s;
    client_body_temp_path {scratch}/body;
    proxy_temp_path {scratch}/proxy;
    fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi;
    scgi_temp_path {scratch}/scgi;
    server {{ listen {host}:{port} backlog=4096; root "{folder}"; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its name for the report, and where it is."""

    name: str
    url: str


@contextmanager
def serving(folder: Path, cores: set[int]) -> Iterator[Server]:
    """Serve a folder on these cores until the context ends."""
    port = _free_port()
    with TemporaryDirectory(prefix="pixcrawler-bench-") as scratch:
        name, command = _command(folder.resolve(), port, Path(scratch))
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509  # no thread runs here yet
        )
        try:
            _wait_for(port, process)
            yield Server(name, f"http://{HOST}:{port}")
        finally:
            process.terminate()
            process.wait()


def _command(folder: Path, port: int, scratch: Path) -> tuple[str, list[str]]:
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if nginx is None:
        return "aiohttp (nginx is not installed)", [sys.executable, __file__, str(folder), str(port)]
    configuration = scratch / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(scratch=scratch, host=HOST, port=port, folder=folder))
    version = subprocess.run([nginx, "-v"], check=True, capture_output=True, text=True).stderr
    return version.strip().rpartition(" ")[2], [nginx, "-p", str(scratch), "-c", str(configuration)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"the server did not start on port {port}")


def main() -> None:
    """Serve a folder with aiohttp."""
    from aiohttp import web

    app = web.Application()
    app.router.add_static("/", Path(sys.argv[1]))
    web.run_app(app, host=HOST, port=int(sys.argv[2]), print=None, access_log=None)


if __name__ == "__main__":
    main()
