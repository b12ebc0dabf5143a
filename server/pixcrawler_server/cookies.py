"""The refresh token as a cookie, for pages in a browser: no script reads it, and no other site sends it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pixcrawler_server.errors import Forbidden
from pixcrawler_server.paths import API

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

NAME = "pixcrawler_refresh"
PATH = f"{API}/auth"
HEADER = "X-Requested-With"
"""Only a page of this site can send it: others would have to ask first (the Fetch standard, CORS preflight;
OWASP CSRF prevention cheat sheet, "Custom request headers")."""


class RefreshCookie:
    """Writes and reads the cookie. `secure` says whether clients reach the server by HTTPS."""

    def __init__(self, lifetime: timedelta, *, secure: bool) -> None:
        self._seconds = int(lifetime.total_seconds())
        self._secure = secure

    def put(self, resp: Response, token: str) -> None:
        """Have the client keep a token."""
        self._set(resp, token, self._seconds)

    def remove(self, resp: Response) -> None:
        """Have the client forget it."""
        self._set(resp, "", 0)

    def read(self, req: Request) -> str | None:
        """The token that a request brings; None without one. Raises Forbidden where the header is missing."""
        found = req.get_cookie_values(NAME)
        if not found:
            return None
        if not req.get_header(HEADER):
            raise Forbidden(f"a request with the cookie needs the header {HEADER}, with any value")
        return str(found[0])

    def _set(self, resp: Response, value: str, seconds: int) -> None:
        resp.set_cookie(
            NAME,
            value,
            max_age=seconds,
            path=PATH,
            secure=self._secure,
            http_only=True,
            same_site="Strict",
        )
