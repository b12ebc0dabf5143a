"""The gunicorn worker: uvicorn on uvloop and httptools, without a log line for each request."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

LISTENERS = 16
"""Of each socket. Each accepts one connection in a turn of the event loop (libuv since 1.45): with one alone,
the last of a hundred clients that come at once waits for a hundred turns, each long when there is much to do.
"""


class Worker(UvicornWorker):  # type: ignore[misc]  # uvicorn-worker has no types
    """One process that answers. Addresses of proxies are weighed by the application, not here."""

    sockets: list[Any]
    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": 30,
        "timeout_notify": 2,
    }

    async def _serve(self) -> None:
        """Answer, with several listeners of each socket."""
        more = [each.dup() for each in self.sockets for _ in range(LISTENERS - 1)]
        self.sockets = [*self.sockets, *more]
        await super()._serve()

    def _install_sigquit_handler(self) -> None:
        """End in good order also when gunicorn is to stop quickly; uvicorn would go on until it is killed."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGQUIT, os.kill, os.getpid(), signal.SIGTERM)

    async def callback_notify(self) -> None:
        """Tell gunicorn that the process lives; end in good order when gunicorn is gone, which was killed."""
        if os.getppid() != self.ppid:
            os.kill(os.getpid(), signal.SIGTERM)
        await super().callback_notify()
