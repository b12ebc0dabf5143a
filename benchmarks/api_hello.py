"""A bare Falcon application, beside which the API is measured."""

from __future__ import annotations

from typing import Any

import falcon.asgi


class Hello:
    """Says hello."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """As in Falcon's own documentation."""
        resp.media = {"hello": "world"}


def application() -> falcon.asgi.App[Any, Any]:
    """The application."""
    app = falcon.asgi.App()
    app.add_route("/hello", Hello())
    return app
