"""Puts the API together: routes and authenticators of plugins, between the gate and the error handlers."""

from __future__ import annotations

import inspect
from typing import Any

import falcon

from pixcrawler_core.errors import ConfigError, PluginError
from pixcrawler_core.service import Authenticate, Authenticator, Route
from pixcrawler_server.gate import Gate
from pixcrawler_server.handlers import ErrorHandlers
from pixcrawler_server.idempotency import Idempotency
from pixcrawler_server.leaving import App
from pixcrawler_server.logs import RequestLog
from pixcrawler_server.metrics import Counting
from pixcrawler_server.openapi import Document, DocumentResource, PageResource
from pixcrawler_server.operations import operation_of
from pixcrawler_server.paths import RowNumber
from pixcrawler_server.routing import Router
from pixcrawler_server.services import Services


def create_app(services: Services) -> App:
    """The application (ASGI). Raises PluginError for a resource with an undeclared responder, ConfigError."""
    server = services.settings.server
    middleware: list[Any] = []
    if server.cors_origins:
        middleware.append(
            falcon.CORSMiddleware(allow_origins=server.cors_origins, expose_headers=["ETag", "X-Request-ID"])
        )
    middleware += [
        Counting(),
        services.counts,
        Gate(services, _authenticators(services)),
        Idempotency(services),
        RequestLog(everything=server.log_requests),
    ]
    app = App(middleware=middleware, router=Router())
    app.router_options.converters["row"] = RowNumber
    app.req_options.keep_blank_qs_values = True
    app.req_options.auto_parse_qs_csv = False
    documentation = server.documentation_url or f"{server.url}/docs"
    ErrorHandlers(documentation, services.now).add_to(app)
    document = Document(server.url)
    for route in services.registry.all(Route).values():
        resource = route.build(services)
        _check(route, resource, services)
        app.add_route(route.path, resource)
        document.add(route.path, resource)
    app.add_route("/openapi.json", DocumentResource(document))
    app.add_route("/docs", PageResource(document))
    return app


def _authenticators(services: Services) -> list[Authenticate]:
    names = services.settings.server.authenticators
    return [services.registry.build(Authenticator, name)(services) for name in names]


def _check(route: Route, resource: object, services: Services) -> None:
    """Nothing answers without saying who may ask, and no limit is named that there is not."""
    responders = [
        (name, each) for name, each in inspect.getmembers(resource, callable) if name.startswith("on_")
    ]
    for name, responder in responders:
        operation = operation_of(responder)
        if operation is None:
            raise PluginError(
                f"route {route.name!r}: {name} is no @operation, so nobody knows who may call it"
            )
        if operation.limit and operation.limit not in services.limiter.names():
            raise ConfigError(
                f"route {route.name!r}: {name}: there is no limit {operation.limit!r} in [limits]"
            )
