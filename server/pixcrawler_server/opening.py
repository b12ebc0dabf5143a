"""The page on one machine with one user: a link that signs them in once, and the browser that opens it."""

from __future__ import annotations

import html
import os
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Purpose, Role, User, UserStatus
from pixcrawler_server.accounts import make_user
from pixcrawler_server.hosts import binds_here, is_loopback
from pixcrawler_server.one_time import give
from pixcrawler_server.settings import ServerSettings

LIFETIME = timedelta(minutes=10)
"""How long the link is good for."""
LOCAL_USER = "admin@localhost"
"""The user of a workspace that had none."""
READ = 30.0
"""Seconds that a browser has to begin and read the file with the link."""


def is_local(settings: ServerSettings) -> bool:
    """Whether nobody but who sits at this machine can reach a server: it is bound there, without a proxy."""
    base = urlsplit(settings.server.url).hostname or ""
    return binds_here(settings.server.bind) and is_loopback(base) and not settings.server.forwarded_by


def local_token(settings: ServerSettings, now: datetime) -> str | None:
    """A token for the one active user, who is made in a workspace without users; None where there are more.

    To be called in a transaction.
    """
    users = list(User.select().where(User.status == UserStatus.ACTIVE).limit(2))
    if not User.select().exists():
        plan = settings.plan(None)
        users = [make_user(LOCAL_USER, None, plan=plan, role=Role.ADMIN, verified_at=now)]
    if len(users) != 1:
        return None
    audit.record("sign-in link made", entity="user", entity_id=users[0].id, details={"where": "this machine"})
    return give(users[0].id, Purpose.LOCAL, LIFETIME, now)


def announcing(token: str | None, base_url: str, workspace: Path, *, browser: bool) -> Callable[[Any], None]:
    """What gunicorn is to call when the server is ready: tells where the page is, and opens it."""

    def announce(server: Any) -> None:
        if token is None:
            click.echo(f"PixCrawler is at {base_url}")
            return
        host, port = server.LISTENERS[0].sock.getsockname()[:2]
        place = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        link = f"{place}/account/sign-in#token={token}"
        click.echo(f"PixCrawler is at {place}\nSign in once, within ten minutes: {link}")
        if browser and _has_display():
            threading.Thread(target=show_privately, args=(link, workspace), daemon=True).start()

    return announce


def show_privately(
    link: str, folder: Path, show: Callable[[str], object] = webbrowser.open, patience: float = READ
) -> None:
    """Open a link by a file that only its owner reads: arguments of programs are for all users to see.

    The file is in a folder that is the user's, since some browsers are kept from the one for temporary files.
    """
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix="sign-in-", suffix=".html") as page:
        page.write(f'<meta http-equiv="refresh" content="0; url={html.escape(link)}">')
        page.flush()
        show(Path(page.name).resolve().as_uri())
        time.sleep(patience)


def _has_display() -> bool:
    """Whether somebody looks: a browser in the terminal would take it away."""
    graphical = sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return sys.stdout.isatty() and graphical
