"""What each request passes: who sends it, whether they may, how often, and whether what they send fits."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from pixcrawler_core.service import Authenticate, Principal
from pixcrawler_server.addresses import client_address, counted_as
from pixcrawler_server.bodies import read_body, read_json, read_query
from pixcrawler_server.budgets import Held
from pixcrawler_server.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from pixcrawler_server.operations import Access, Budget, Operation, operation_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of each answer that has none of its own (OWASP REST security cheat sheet, "Security headers")."""
PUBLIC_BODY = 16_384
"""Bytes of a body at most from whoever has not signed in."""
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
        secure = self._settings.url.startswith("https:")
        headers = HEADERS | ({"Strict-Transport-Security": YEAR} if secure else {})
        self._headers = tuple(headers.items())
        self._operations: dict[tuple[object, str], Operation | None] = {}

    async def process_request(self, req: Request, resp: Response) -> None:
        """Note when it came; give it an id, its own if that is a plain one, and the answer its headers."""
        own, context = req.get_header("X-Request-ID"), req.context
        context.began = time.perf_counter()
        if own is None or not REQUEST_ID.fullmatch(own):
            own = f"{self._prefix}{next(self._numbers):06x}"
        context.request_id = own
        context.address = client_address(req, self._settings.forwarded_by)
        context.principal = context.slot = context.body = context.shed = None
        context.patience = self._settings.body_seconds
        resp.set_headers(self._headers)
        resp.set_header("X-Request-ID", own)

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, Any]
    ) -> None:
        """Let the request through to its responder, or raise the error that it is answered with."""
        operation = self._operation(resource, req.method)
        if operation is None:  # OPTIONS
            return
        public = operation.access is Access.PUBLIC
        if not public:
            await self._take_place(req, operation)
        _check_path(req, params)
        if operation.budget is Budget.STREAM:  # alone: it is a cycle, which only the garbage collector ends
            req.context.principal_now = partial(self._allowed, req, operation)
        if not public:
            params["principal"] = req.context.principal = await self._allowed(req, operation)
        if operation.flag is not None:
            await self._flags.require(operation.flag)
        if operation.limit:
            principal: Principal | None = req.context.principal
            who = principal.user_id.hex if principal else counted_as(req.context.address)
            resp.set_headers((await self._limiter.take(operation.limit, who)).headers)
        if operation.reads or req.params:
            await self._read(req, operation, params)
        if public:  # nobody who has not signed in holds a place by sending slowly
            await self._take_place(req, operation)

    async def process_response(self, req: Request, resp: Response, resource: object, succeeded: bool) -> None:
        """Give the place back; what is streamed does that at its end."""
        slot = req.context.slot
        if slot is None or (succeeded and resp.sse):
            return
        if succeeded and resp.stream is not None:
            held = resp.stream = Held(resp.stream, slot)
            if req.method == "HEAD":  # Falcon neither sends nor closes it
                await held.close()
            return
        slot.release()

    async def _take_place(self, req: Request, operation: Operation) -> None:
        try:
            req.context.slot = self._budgets.take(operation.budget)
        except Unavailable:
            req.context.shed = operation.budget.value
            await self._budgets.pause()
            raise

    async def _read(self, req: Request, operation: Operation, params: dict[str, Any]) -> None:
        """Read what was sent; what strangers send, all of it."""
        public, most = operation.access is Access.PUBLIC, self._settings.max_body
        query = read_query(req, operation.query)
        if operation.query:
            params["query"] = query
        if operation.body:
            params["body"] = await read_json(req, operation.body, min(most, PUBLIC_BODY) if public else most)
        if public and operation.upload:
            await read_body(req, most)

    def _operation(self, resource: object, method: str) -> Operation | None:
        known = self._operations.get((resource, method))
        if known is None:
            known = operation_of(getattr(resource, f"on_{_done_by(method)}", None))
            self._operations[resource, method] = known
        return known

    async def _allowed(self, req: Request, operation: Operation) -> Principal:
        """Who sends a request, and may do so now; streams ask again."""
        for authenticate in self._authenticators:
            principal = await authenticate(req)
            if principal is not None:
                _check_rights(operation, principal)
                return principal
        raise Unauthenticated("sign in, or send an API key in the header Authorization: Bearer ...")


def _done_by(method: str) -> str:
    return "get" if method == "HEAD" else method.lower()


def _check_path(req: Request, params: Mapping[str, Any]) -> None:
    for value in params.values():
        if isinstance(value, str) and "\0" in value:  # PostgreSQL would not take it
            raise NotFound("path", req.path)


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
