"""Runs the API in gunicorn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from pixcrawler_core.registry import load
from pixcrawler_core.workspace import Workspace
from pixcrawler_server.app import App, create_app
from pixcrawler_server.services import Services, make_services
from pixcrawler_server.settings import FILE, ServerSettings

GRACE = 10
"""Seconds in which requests under way may end when the server stops."""


def settings_of(workspace: Path, config: Path | None) -> ServerSettings:
    """The settings in a file, or in the workspace's own. Raises ConfigError."""
    return ServerSettings.read(config or workspace / FILE)


def make_app(
    settings: ServerSettings, workspace: Path, database: str | None, blocked: tuple[str, ...]
) -> App:
    """The application over a workspace. Raises ConfigError and WorkspaceError."""
    services = make_services(settings, load(blocked=blocked), Workspace(workspace, database))
    app = create_app(services)
    app.add_middleware(Lifespan(services))
    return app


def gunicorn_options(settings: ServerSettings) -> dict[str, Any]:
    """What gunicorn is told."""
    return {
        "bind": settings.server.bind,
        "workers": settings.server.workers,
        "worker_class": "pixcrawler_server.worker.Worker",
        "graceful_timeout": GRACE,
        "timeout": 60,
        "accesslog": None,
        "control_socket_disable": True,
    }


class Lifespan:
    """Lets go of everything when the process ends."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Close the services."""
        self._services.close()


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with these options; each worker makes its own application."""

    def __init__(self, options: dict[str, Any], make: Callable[[], App]) -> None:
        self._options = options
        self._make = make
        super().__init__()

    def load_config(self) -> None:
        """Hand the options to gunicorn, which has no file of its own."""
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> App:
        """The application of a worker."""
        return self._make()
