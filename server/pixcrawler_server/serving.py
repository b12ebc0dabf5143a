"""Runs the API in gunicorn: its options, and the application of a worker."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import socket
import time
from asyncio import to_thread
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.util import parse_address

from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_server.counts_folder import make_counts_folder
from pixcrawler_server.hosts import Hosts, binds_here
from pixcrawler_server.logs import log_config
from pixcrawler_server.settings import FILE, ServerSettings

if TYPE_CHECKING:
    from pixcrawler_server.services import Services

GRACE = 10
"""Seconds in which requests under way may end when the server stops."""
HANDED = {"GUNICORN_FD", "LISTEN_FDS"}
"""Variables that say that gunicorn was handed its sockets: by an older one, at SIGUSR2, or by systemd."""
TRIES = 5
"""Seconds for which an address may be taken: processes of a server that was killed end a moment later."""
COUNTS = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the processes of a server count together; see `pixcrawler_server.metrics`."""


def settings_of(workspace: Path, config: Path | None) -> ServerSettings:
    """The settings in a file, or in the workspace's own. Raises ConfigError."""
    return ServerSettings.read(config or workspace / FILE)


def make_app(
    settings: ServerSettings, workspace: Path, database: str | None, blocked: tuple[str, ...]
) -> Any:
    """The application (ASGI) over a workspace. Raises ConfigError and WorkspaceError."""
    from pixcrawler_core.registry import load  # each worker for itself: counting begins with the import
    from pixcrawler_core.storage.opening import blob_cipher
    from pixcrawler_core.workspace import Workspace
    from pixcrawler_server.app import create_app
    from pixcrawler_server.services import make_services

    registry = load(blocked=blocked)
    place = Workspace(workspace, database, blob_cipher(registry, workspace))
    services = make_services(settings, registry, place)
    app = create_app(services)
    app.add_middleware(Lifespan(services))
    if binds_here(settings.server.bind):
        app.add_middleware(Hosts(settings.server))
    if settings.server.tracing:
        from pixcrawler_server.tracing import traced

        return traced(app)
    return app


def check_free(bind: str) -> None:
    """Raise PixCrawlerError for an address at which no server can listen; one may be taken for a moment.

    That of a socket in a folder is left to gunicorn, and so is one that it was handed.
    """
    address = parse_address(bind)
    if not isinstance(address, tuple) or HANDED & os.environ.keys():
        return
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    for left in reversed(range(TRIES)):
        try:
            socket.create_server(address, family=family).close()
        except (OSError, OverflowError) as error:
            is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            if is_taken and left:
                time.sleep(1)
                continue
            what = "it is in use; end what listens there, or" if is_taken else f"{error};"
            raise PixCrawlerError(
                f"cannot listen on {bind}: {what} give another address with --bind"
            ) from None
        return


def gunicorn_options(settings: ServerSettings, level: str = "info") -> dict[str, Any]:
    """What gunicorn is told. Makes a folder for the counts of this server, which goes with it."""
    folder = make_counts_folder()
    os.environ[COUNTS] = str(folder)
    return {
        "bind": settings.server.bind,
        "workers": settings.server.workers,
        "worker_class": "pixcrawler_server.worker.Worker",
        "graceful_timeout": GRACE,
        "timeout": 60,
        "accesslog": None,
        "logconfig_dict": log_config(level),
        "control_socket_disable": True,
        "child_exit": _forget,
        "on_exit": lambda _: shutil.rmtree(folder, ignore_errors=True),
    }


def _forget(_server: object, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # prometheus_client's


class Lifespan:
    """Watches a process's event loop, keeps house, goes on with its work, and lets go of all at its end."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Begin to watch and to keep house, and go on with what an earlier process left.

        What was made by then stays until the end: the garbage collector need not look at it again and again.
        """
        gc.collect()
        gc.freeze()
        self._services.budgets.start()
        self._services.counts.start()
        self._services.housekeeper.start()
        await self._services.catalog.read(self._services.background.resume)

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Close the services."""
        from pixcrawler_server.metrics import write  # not before its folder is known

        write()
        await self._services.budgets.stop()
        await self._services.counts.stop()
        await to_thread(self._services.housekeeper.stop)
        await self._services.close()


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with these options; each worker makes its own application."""

    def __init__(self, options: dict[str, Any], make: Callable[[], Any]) -> None:
        self._options = options
        self._make = make
        super().__init__()

    def load_config(self) -> None:
        """Hand the options to gunicorn, which has no file of its own."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of a worker."""
        return self._make()
