"""A server that gives tokens of an identity."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

IDENTITY = "ab1f708d-50f6-404c-a006-d71b2ac7a606"


class Identities(BaseHTTPRequestHandler):
    """Gives tokens, as a machine of Azure gives them to what runs on it ("App Service managed identity")."""

    def do_GET(self) -> None:  # the library's name
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "aud": "https://storage.azure.com",
            "iss": f"https://sts.windows.net/{IDENTITY}/",
            "oid": IDENTITY,
            "tid": IDENTITY,
            "nbf": now - 60,
            "iat": now - 60,
            "exp": now + 3600,
        }
        parts: tuple[dict[str, Any], ...] = ({"alg": "RS256", "typ": "JWT"}, claims, {})
        token = ".".join(_encoded(part) for part in parts)
        body = json.dumps({"access_token": token, "expires_on": now + 3600, "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Nothing."""


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
