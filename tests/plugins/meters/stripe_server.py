"""A server that answers as Stripe does, as far as the meter asks it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

START = 1_767_225_600
"""2026-01-01 in seconds."""


class Stripe:
    """What Stripe has: customers, subscriptions and meter events, and answers by the keys of requests."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[str] = []
        self.customers: list[dict[str, Any]] = []
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.events: dict[str, dict[str, str]] = {}
        self.failures: list[str] = []
        """What becomes of the next requests: `500`, `429`, `401`, or `lost` for one whose answer is lost."""
        self._answers: dict[str, tuple[int, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, form: dict[str, str], key: str | None) -> tuple[int, Any] | None:
        """Status and body; None for an answer that is lost."""
        with self._lock:
            self.requests.append(f"{method} {path}")
            failure = self.failures.pop(0) if self.failures else ""
            if failure.isdigit():
                return int(failure), {"error": {"type": "api_error", "message": "no"}}
            if key is None or key not in self._answers:
                done = self._done(method, path, form)
                if key is not None:
                    self._answers[key] = done
            else:
                done = self._answers[key]
            return None if failure == "lost" else done

    def forget(self) -> None:
        """Forget the keys of requests, as Stripe does after a day."""
        self._answers.clear()

    def _done(self, method: str, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if (method, path) == ("POST", "/v1/billing/meter_events"):
            return self._event(form)
        if (method, path) == ("POST", "/v1/customers"):
            self.customers.append({"id": f"cus_{len(self.customers) + 1}", "object": "customer", **form})
            return 200, self.customers[-1]
        if (method, path) == ("POST", "/v1/subscriptions"):
            return self._subscribed(form)
        found = self.subscriptions.get(path.removeprefix("/v1/subscriptions/"))
        if found is None:
            return 404, {"error": {"type": "invalid_request_error", "message": f"No such thing: {path}"}}
        if method == "POST":
            found["cancel_at_period_end"] = form.get("cancel_at_period_end") == "true"
            found["items"]["data"][0]["price"]["id"] = form.get("items[0][price]", _price(found))
        return 200, found

    def _event(self, form: dict[str, str]) -> tuple[int, Any]:
        identifier = form["identifier"]
        if identifier in self.events:
            message = f"An event already exists with identifier {identifier}."
            return 400, {"error": {"type": "invalid_request_error", "message": message}}
        if form["payload[stripe_customer_id]"] != "cus_1":
            return 400, {"error": {"type": "invalid_request_error", "message": "No such customer"}}
        self.events[identifier] = form
        return 200, {"object": "billing.meter_event", "identifier": identifier}

    def _subscribed(self, form: dict[str, str]) -> tuple[int, Any]:
        number = len(self.subscriptions) + 1
        made = {
            "id": f"sub_{number}",
            "object": "subscription",
            "customer": form["customer"],
            "status": "incomplete",
            "start_date": START,
            "cancel_at_period_end": False,
            "items": {"object": "list", "data": [{"id": "si_1", "price": {"id": form["items[0][price]"]}}]},
            "latest_invoice": {"status": "open", "hosted_invoice_url": "https://pay.example/1"},
        }
        self.subscriptions[str(made["id"])] = made
        return 200, made


def _price(found: dict[str, Any]) -> str:
    return str(found["items"]["data"][0]["price"]["id"])


@contextmanager
def serving() -> Iterator[Stripe]:
    """A server in this process."""
    stripe = Stripe()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = {name: each[0] for name, each in parse_qs(self.rfile.read(length).decode()).items()}
            path = self.path.partition("?")[0]
            answer = stripe.answer(self.command, path, form, self.headers.get("Idempotency-Key"))
            if answer is None:
                self.close_connection = True
                self.connection.close()
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815  # names of http.server

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    stripe.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stripe
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
