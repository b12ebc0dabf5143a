"""A server that plays a language model: it answers as it was told, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(kw_only=True)
class Reply:
    """One answer: the text of the model, or anything else that a server may send."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 0.0
    """Before it answers."""


@dataclass
class Model:
    """Gives its replies in turn, the last one for ever."""

    replies: Sequence[Reply] = ()
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The requests' bodies, each with `path` and `key`."""
    address: str = ""

    def says(self, *answers: object) -> None:
        """Reply with these texts, or JSON values, from now on."""
        self.asked.clear()
        self.replies = [
            each
            if isinstance(each, Reply)
            else Reply(text=each if isinstance(each, str) else json.dumps(each))
            for each in answers
        ]

    @property
    def options(self) -> dict[str, Any]:
        """The options with which to ask it."""
        return {"url": f"{self.address}/v1", "model": "small-talk", "retries": 1, "timeout": 5}


@contextmanager
def serving() -> Iterator[Model]:
    """The model, on a port of this machine."""
    model = Model()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.asked.append({"path": self.path, "key": self.headers["Authorization"], **body})
            reply = model.replies[min(len(model.asked), len(model.replies)) - 1]
            time.sleep(reply.seconds)
            told = {"id": "1", "object": "chat.completion", "created": 1, "model": "small-talk"}
            message = {"role": "assistant", "content": reply.text}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            content = (
                reply.body if reply.body is not None else json.dumps({**told, "choices": [choice]}).encode()
            )
            self.send_response(reply.status)
            sent = {"Content-Type": "application/json", "Content-Length": str(len(content)), **reply.headers}
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = int(sent["Content-Length"]) != len(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            """Nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: a client that does not wait any longer is part of the test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        model.address = f"http://127.0.0.1:{server.server_port}"
        yield model
        server.shutdown()
        thread.join()
