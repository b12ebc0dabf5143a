"""Falcon's router, which answers HEAD wherever there is a GET (RFC 9110, section 9.1)."""

from __future__ import annotations

from typing import Any

from falcon.routing import CompiledRouter

from pixcrawler_server.operations import Budget, operation_of

BY_GET_ALONE = (Budget.STREAM, Budget.LOGIN)
"""A stream has no end whose headers could be told, and what signs in is not done for a look."""


class Router(CompiledRouter):
    """Has HEAD done by the responder of GET; Falcon sends no body then."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Any]:
        """The responders of a resource by their methods."""
        found: dict[str, Any] = dict(super().map_http_methods(resource, **kwargs))
        operation = operation_of(found.get("GET"))
        if operation is not None and operation.budget not in BY_GET_ALONE:
            found["HEAD"] = found["GET"]
        return found
