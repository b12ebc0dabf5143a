"""A server that takes webhooks: it answers as it was told, and keeps what it was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pixcrawler_core.events.signing import is_valid

SECRET = "a secret of the tests, long enough"  # noqa: S105


@dataclass
class Receiver:
    """Answers with its statuses in turn, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [204])
    answer: dict[str, str] = field(default_factory=dict)
    """Headers of its answers."""
    seconds: float = 0.0
    """Before it answers."""
    address: str = ""
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Paths, headers in small letters, and bodies."""

    @property
    def bodies(self) -> list[bytes]:
        """Those of requests whose signature is good."""
        now, secret = datetime.now(UTC), SECRET.encode()
        return [body for _, headers, body in self.sent if is_valid(secret, headers, body, now)]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """The receiver, on a port of this machine."""
    receiver = Receiver()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                receiver.sent.append((self.path, given, body))
                status = receiver.statuses[min(len(receiver.sent), len(receiver.statuses)) - 1]
            time.sleep(receiver.seconds)
            self.send_response(status)
            for name, value in receiver.answer.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            """Nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: a client that does not wait any longer is part of the test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        receiver.address = f"http://127.0.0.1:{server.server_port}"
        yield receiver
        server.shutdown()
        thread.join()
