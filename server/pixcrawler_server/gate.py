"""What each request passes: who sends it, whether they may, how often, and whether what they send fits."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from pixcrawler_core.service import Authenticate, Principal
from pixcrawler_server.addresses import client_address
from pixcrawler_server.bodies import read_json, read_query
from pixcrawler_server.errors import Forbidden, NotFound, SwitchedOff, Unauthenticated
from pixcrawler_server.operations import Access, Operation, operation_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
DEFAULTS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
"""Headers of each answer that has none of its own."""
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of each answer (OWASP REST security cheat sheet, "Security headers")."""
YEAR = "max-age=31536000"


class Gate:
    """Falcon middleware; see `pixcrawler_server.operations` for what it goes by."""

    def __init__(self, services: Services, authenticators: Sequence[Authenticate]) -> None:
        self._settings = services.settings.server
        self._limiter = services.limiter
        self._budgets = services.budgets
        self._flags = services.flags
        self._authenticators = authenticators
        self._prefix, self._numbers = f"req-{secrets.token_hex(6)}-", count()
        self._secure = self._settings.base_url.startswith("https:")

    async def process_request(self, req: Request, resp: Response) -> None:
        """Give the request an id: its own, if it has a plain one."""
        own = req.get_header("X-Request-ID") or ""
        req.context.request_id = (
            own if REQUEST_ID.fullmatch(own) else f"{self._prefix}{next(self._numbers):06x}"
        )
        req.context.address = client_address(req, self._settings.forwarded_by)
        req.context.principal = None
        req.context.slot = None
        req.context.body = None

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, Any]
    ) -> None:
        """Let the request through to its responder, or raise the error that it is answered with."""
        operation = operation_of(getattr(resource, f"on_{req.method.lower()}", None))
        if operation is None:  # OPTIONS
            return
        req.context.slot = self._budgets.take(operation.budget)
        if any("\0" in value for value in params.values() if isinstance(value, str)):
            raise NotFound("path", req.path)  # PostgreSQL would not take it
        if operation.access is not Access.PUBLIC:
            principal = await self._principal(req)
            _check_rights(operation, principal)
            params["principal"] = req.context.principal = principal
        if operation.flag is not None and not await self._flags.on(operation.flag):
            raise SwitchedOff("this is switched off on this server for now", details={"flag": operation.flag})
        if operation.limit:
            who = str(req.context.principal.user_id) if req.context.principal else req.context.address
            resp.set_headers((await self._limiter.take(operation.limit, who)).headers)
        query = read_query(req, operation.query)
        if operation.query:
            params["query"] = query
        if operation.body:
            params["body"] = await read_json(req, operation.body, self._settings.max_body)

    async def process_response(self, req: Request, resp: Response, resource: object, succeeded: bool) -> None:
        """Add the headers of every answer, and give its place back; a stream does that at its end."""
        if req.context.slot is not None and not (succeeded and resp.sse):
            req.context.slot.release()
        resp.set_header("X-Request-ID", req.context.request_id)
        for name, value in HEADERS.items():
            resp.set_header(name, value)
        for name, value in DEFAULTS.items():
            if resp.get_header(name) is None:
                resp.set_header(name, value)
        if self._secure:
            resp.set_header("Strict-Transport-Security", YEAR)

    async def _principal(self, req: Request) -> Principal:
        for authenticate in self._authenticators:
            principal = await authenticate(req)
            if principal is not None:
                return principal
        raise Unauthenticated("sign in, or send an API key in the header Authorization: Bearer ...")


def _check_rights(operation: Operation, principal: Principal) -> None:
    if principal.erasing and not operation.while_erasing:
        raise Forbidden("your account will be erased; DELETE /api/v1/me/erasure takes that back")
    if operation.access is Access.ADMIN and not principal.is_admin:
        raise Forbidden("only an admin may do this")
    if operation.access is Access.SIGNED_IN and not principal.signed_in:
        raise Forbidden("no API key may do this; sign in")
    if operation.scope is not None and operation.scope not in principal.scopes:
        raise Forbidden(f"the API key does not have the scope {operation.scope.value!r}")
    if operation.verified and not principal.verified:
        raise Forbidden("verify your e-mail address first; the link was sent when you registered")
