"""A server that speaks LibreTranslate's protocol: it knows what it was told, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(kw_only=True)
class Reply:
    """An answer that is no translation."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """Before it answers."""


@dataclass
class Service:
    """Knows translations by language and text; `replies` come before them, each once."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    key: str | None = None
    """The key without which it refuses."""
    replies: list[Reply] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, body: Mapping[str, Any]) -> Reply:
        """What LibreTranslate answers."""
        self.asked.append({"path": path, **body})
        if self.replies:
            return self.replies.pop(0)
        if path != "/translate" or body.get("source") != "en" or body.get("format") != "text":
            return _told(400, {"error": "Invalid request"})
        if self.key is not None and body.get("api_key") != self.key:
            return _told(403, {"error": "Invalid API key"})
        if (known := self.known.get((body["target"], body["q"]))) is None:
            return _told(400, {"error": f"{body['target']} is not supported"})
        return _told(200, {"translatedText": known})


def _told(status: int, value: object) -> Reply:
    return Reply(status=status, body=json.dumps(value).encode())


@contextmanager
def serving() -> Iterator[Service]:
    """The service, on a port of this machine."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = service.answer(self.path, body)
            time.sleep(reply.seconds)
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            """Nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: a client that does not wait any longer is part of the test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_port}"
        yield service
        server.shutdown()
        thread.join()
