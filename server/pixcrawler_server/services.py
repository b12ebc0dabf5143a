"""What resources are made of: one of each for a process, made from the settings in one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.metering import Charger
from pixcrawler_core.registry import Registry
from pixcrawler_core.secrets import Secrets, user_secrets
from pixcrawler_core.service import Dispatch, Dispatcher
from pixcrawler_core.workspace import Workspace
from pixcrawler_server.administration import note_plans
from pixcrawler_server.archives import Archives
from pixcrawler_server.avatars import Avatars
from pixcrawler_server.background import Background
from pixcrawler_server.budgets import Budgets
from pixcrawler_server.catalog import Catalog
from pixcrawler_server.checking import ImageChecks
from pixcrawler_server.chores import chores_of, letters_chore
from pixcrawler_server.clocks import seconds_of
from pixcrawler_server.cursors import Cursors
from pixcrawler_server.files import Readers
from pixcrawler_server.flags import Flag, Flags
from pixcrawler_server.housekeeping import Housekeeper
from pixcrawler_server.jobs.feed import Feed
from pixcrawler_server.keyring import Keyring, read_secret
from pixcrawler_server.leases import PATIENCE, Leases
from pixcrawler_server.limiter import Limiter, Windows
from pixcrawler_server.mail.letters import Letters, letters_of
from pixcrawler_server.mail.outbox import Outbox
from pixcrawler_server.mail.post import Post
from pixcrawler_server.mail.senders import make_sender
from pixcrawler_server.metering import open_meters
from pixcrawler_server.oidc.making import Oidc, make_oidc
from pixcrawler_server.operations import Budget
from pixcrawler_server.passwords import Passwords
from pixcrawler_server.pictures import Painter
from pixcrawler_server.principals import Principals
from pixcrawler_server.request_counts import RequestCounts
from pixcrawler_server.settings import LimitsTable, PlacesTable, ServerSettings
from pixcrawler_server.stores import Stores
from pixcrawler_server.tasks import Tasks
from pixcrawler_server.tokens import AccessTokens
from pixcrawler_server.window_store import WINDOWS, SqliteWindows


@dataclass(frozen=True, kw_only=True)
class Services:
    """Collaborators of the resources; `close` lets go of them."""

    settings: ServerSettings
    registry: Registry
    workspace: Workspace
    catalog: Catalog
    keyring: Keyring
    tokens: AccessTokens
    passwords: Passwords
    principals: Principals
    cursors: Cursors
    windows: Windows
    limiter: Limiter
    budgets: Budgets
    counts: RequestCounts
    flags: Flags
    meters: Mapping[str, Charger]
    """By name, in the order of `[billing] meters`."""
    letters: Letters
    outbox: Outbox
    post: Post
    avatars: Avatars
    archives: Archives
    housekeeper: Housekeeper
    oidc: Oidc | None
    readers: Readers
    painter: Painter
    background: Background
    tasks: Tasks
    stores: Stores
    dispatcher: Dispatch
    secrets: Secrets
    feed: Feed
    checks: ImageChecks
    now: Callable[[], datetime]

    async def close(self) -> None:
        """End threads, and let go of the catalog and the windows."""
        self.feed.close()
        self.checks.close()
        self.background.close()
        self.passwords.close()
        for meter in self.meters.values():
            meter.close()
        self.post.close()
        self.avatars.close()
        self.archives.close()
        self.readers.close()
        self.painter.close()
        self.stores.close()
        self.catalog.close()
        await self.windows.aclose()


def make_services(
    settings: ServerSettings,
    registry: Registry,
    workspace: Workspace,
    *,
    now: Callable[[], datetime] = utc_now,
    passwords: Passwords | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Services:
    """Open the workspace and make everything. Raises ConfigError and WorkspaceError."""
    catalog = _opened(workspace, settings)
    keyring = Keyring(read_secret(workspace.root / settings.server.secret_file))
    archives = Archives(catalog.database, workspace.root, now)
    outbox = Outbox(catalog.database, keyring.letters, now)
    sender = make_sender(settings.mail, workspace.root, environment)
    post = Post(outbox, catalog.database, sender, settings.mail.from_address, now)
    background = Background(settings.server.background, catalog.database.close)
    windows = windows_at(settings.limits.storage, workspace.root / WINDOWS, now)
    return Services(
        settings=settings,
        registry=registry,
        workspace=workspace,
        catalog=catalog,
        keyring=keyring,
        tokens=AccessTokens(keyring.tokens, timedelta(minutes=settings.auth.access_minutes), now),
        passwords=passwords or Passwords(settings.auth.password_slots),
        principals=Principals(catalog, now),
        cursors=Cursors(keyring.cursors),
        **_sharing(settings, windows, now),
        counts=RequestCounts(catalog, now),
        meters=open_meters(settings, registry),
        flags=Flags(catalog, now, {Flag.REGISTRATION: settings.auth.registration}),
        letters=letters_of(settings),
        outbox=outbox,
        post=post,
        archives=archives,
        housekeeper=Housekeeper(
            catalog.database, (letters_chore(post), *chores_of(settings, registry, workspace, now)), now
        ),
        oidc=make_oidc(settings, keyring.handshakes, now, environment),
        **_of_files(registry, workspace, background),
        **_of_jobs(settings, registry, catalog),
        now=now,
    )


def _opened(workspace: Workspace, settings: ServerSettings) -> Catalog:
    """The catalog, in which users have what their plans say now."""
    catalog = Catalog(workspace.open(), settings.server.threads)
    with reported(f"cannot use the catalog {describe(catalog.database)}"):
        note_plans(settings)
    return catalog


def _of_files(registry: Registry, workspace: Workspace, background: Background) -> dict[str, Any]:
    return {
        "avatars": Avatars(),
        "readers": Readers(),
        "painter": Painter(workspace),
        "background": background,
        "tasks": Tasks(workspace, background),
        "stores": Stores(registry, workspace),
    }


def _of_jobs(settings: ServerSettings, registry: Registry, catalog: Catalog) -> dict[str, Any]:
    return {
        "dispatcher": registry.build(Dispatcher, settings.crawl.dispatcher),
        "secrets": user_secrets(),
        "feed": Feed(catalog),
        "checks": ImageChecks(registry, settings.crawl, settings.server.max_upload),
    }


def _sharing(settings: ServerSettings, windows: Windows, now: Callable[[], datetime]) -> dict[str, Any]:
    return {
        "windows": windows,
        "limiter": Limiter(windows, _limits(settings.limits), seconds_of(now)),
        "budgets": Budgets(_places(settings.places)),
    }


def _places(table: PlacesTable) -> dict[Budget, int]:
    return {each: getattr(table, each.value) for each in Budget if each is not Budget.FREE}


def _limits(table: LimitsTable) -> dict[str, str]:
    return {name: text for name, text in table.model_dump().items() if name != "storage"}


def windows_at(url: str, path: Path, now: Callable[[], datetime]) -> Windows:
    """Where rate limits are kept: a server, or a file without a URL. Raises ConfigError for another URL."""
    if not url:
        seconds = seconds_of(now)
        return Leases(SqliteWindows(path, seconds, PATIENCE), seconds)
    from pixcrawler_server.window_server import ServerWindows  # needs the extra `redis`

    return ServerWindows(url)
