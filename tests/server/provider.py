"""A small provider of OpenID Connect, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "pix:crawler", "of the client/+"  # of a client that is none


class Provider:
    """What tests tell the provider to do, and what it was asked."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys = [new_key("1")]
        self.claims: dict[str, Any] = {"sub": "ada-1", "email": "ada@example.org", "email_verified": True}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "1"}
        self.signing: Any = self.keys[0]
        self.says_it_is = issuer
        self.time = 0
        self.away = False
        self._codes: dict[str, dict[str, str]] = {}

    def authorize(self, address: str) -> dict[str, str]:
        """What a browser comes back with that was sent to this address, and whose user signed in."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid email profile")
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer, "session_state": "x"}

    def answer(self, method: str, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Status and body of an answer."""
        if self.away:
            return 500, ["out of order"]
        match method, path:
            case "GET", "/.well-known/openid-configuration":
                return 200, self._metadata()
            case "GET", "/jwks":
                return 200, KeySet([*self.keys]).as_dict(private=False)
            case "POST", "/token":
                return self._token(form, authorization)
        return 404, {}

    def _metadata(self) -> dict[str, str]:
        return {
            "issuer": self.says_it_is,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        known = base64.b64encode(b"pix%3Acrawler:of%20the%20client%2F%2B").decode()
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = (
            asked is not None
            and authorization == f"Basic {known}"
            and challenge == asked["code_challenge"]
            and form["redirect_uri"] == asked["redirect_uri"]
        )
        if not good or asked is None:
            return 400, {"error": "invalid_grant"}
        told = {"iss": self.issuer, "aud": CLIENT, "nonce": asked["nonce"], "iat": self.time}
        claims = {**told, "exp": self.time + 300, **self.claims}
        algorithms = [self.header["alg"]]
        return 200, {"id_token": jwt.encode(self.header, claims, self.signing, algorithms=algorithms)}


def new_key(name: str) -> RSAKey:
    """A key with which a provider signs."""
    return RSAKey.generate_key(2048, parameters={"kid": name})


def shared_key() -> OctKey:
    """The client's secret as a key, with which nobody else should sign."""
    return OctKey.import_key(SECRET)


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider that answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            given = self.headers.get("Authorization", "")
            status, told = provider.answer(self.command, self.path, form, given)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
