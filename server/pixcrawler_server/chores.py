"""What servers and workers do now and then, and how often: one list for all of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from limits import parse
from peewee import Database

from pixcrawler_core.catalog.models import IdempotencyKey, LoginSession, OneTimeToken, RefreshToken
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.usage import add_storage
from pixcrawler_core.storage.opening import SETTINGS
from pixcrawler_server.archives import Archives
from pixcrawler_server.housekeeping import Chore
from pixcrawler_server.idempotency import KEPT as ANSWERS_KEPT
from pixcrawler_server.jobs.children import LISTS, LOGS
from pixcrawler_server.metering import open_meters, settler_of
from pixcrawler_server.window_store import WINDOWS, SqliteWindows

if TYPE_CHECKING:
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace
    from pixcrawler_server.mail.post import Post
    from pixcrawler_server.settings import ServerSettings

logger = logging.getLogger(__name__)
HOUR = timedelta(hours=1)
KEPT = timedelta(days=30)
"""How long sessions that ended, or were left, are kept to tell what happened."""
YOUNG = timedelta(hours=1)
"""Age up to which a list may be of a job that is just being ordered."""
_LISTED = "SELECT tables FROM crawl_job WHERE folder <> '' AND status <> 'completed'"


def chores_of(
    settings: ServerSettings, registry: Registry, workspace: Workspace, now: Callable[[], datetime]
) -> tuple[Chore, ...]:
    """The chores of a workspace, which is open."""
    database = workspace.open()
    archives = Archives(database, workspace.root, now)
    told = (
        Chore(name="ended", every=HOUR, work=lambda: clean(database, now())),
        Chore(name="archives", every=HOUR, work=archives.clean),
        Chore(name="lists", every=HOUR, work=lambda: clean_lists(workspace, now())),
        Chore(name="logs", every=HOUR, work=lambda: clean_logs(workspace)),
        Chore(name="erasures", every=HOUR, work=partial(_erase, registry, workspace, archives, now)),
        *_of_limits(settings, workspace.root, lambda: now().timestamp()),
        Chore(name="storage", every=HOUR / 2, work=lambda: add_storage(now())),
    )
    if not settings.billing.meters:
        return told
    settle = partial(_settle, settings, registry, database, now)
    return (*told, Chore(name="meters", every=timedelta(minutes=5), work=settle))


def _of_limits(settings: ServerSettings, root: Path, now: Callable[[], float]) -> Iterator[Chore]:
    """Forgets who asked when, as soon as no limit goes by it any more; a server of limits does so itself."""
    if settings.limits.storage:
        return
    texts = settings.limits.model_dump(exclude={"storage"}).values()
    longest = max(parse(text).get_expiry() for text in texts)

    def work() -> None:
        if (root / WINDOWS).exists():
            with closing(SqliteWindows(root / WINDOWS, now)) as windows:
                windows.forget(longest)

    yield Chore(name="limits", every=HOUR, work=work)


def letters_chore(post: Post) -> Chore:
    """Sends the letters that could not be sent at once; for servers alone, which know the mail server."""
    return Chore(name="letters", every=timedelta(seconds=15), work=post.tend)


def clean(database: Database, now: datetime) -> None:
    """Remove tokens and kept answers that ended, and sessions that ended or were left long ago."""
    alive = RefreshToken.select(RefreshToken.session)
    with database.atomic():
        OneTimeToken.delete().where(OneTimeToken.expires_at <= now).execute()
        RefreshToken.delete().where(RefreshToken.expires_at <= now).execute()
        LoginSession.delete().where(
            (LoginSession.revoked_at <= now - KEPT)
            | ((LoginSession.used_at <= now - KEPT) & LoginSession.id.not_in(alive))
        ).execute()
        IdempotencyKey.delete().where(IdempotencyKey.created_at <= now - ANSWERS_KEPT).execute()


def clean_lists(workspace: Workspace, now: datetime) -> None:
    """Remove lists of batches whose jobs are gone, or are completed and so never run again."""
    found = list((workspace.root / LISTS).glob("*.txt"))
    needed = {_list_of(tables) for (tables,) in Sql(workspace.open()).all(_LISTED)} if found else set()
    for path in found:
        if path.name not in needed and _older(path, now - YOUNG):
            path.unlink(missing_ok=True)


def clean_logs(workspace: Workspace) -> None:
    """Remove the logs of jobs that are gone."""
    found = list((workspace.root / LOGS).glob("*.log"))
    there = {str(key) for (key,) in Sql(workspace.open()).all("SELECT id FROM crawl_job")} if found else set()
    for path in found:
        if path.stem not in there:
            path.unlink(missing_ok=True)


def _list_of(tables: str) -> str:
    """The name of the file with the addresses that a job checks; empty where it has none."""
    return Path(json.loads(tables).get("urls", {}).get("file", "")).name


def _older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:  # another process removed it
        return False


def _erase(registry: Registry, workspace: Workspace, archives: Archives, now: Callable[[], datetime]) -> None:
    from pixcrawler_core.config.load import load_storage  # workers begin without these, and are quick
    from pixcrawler_server.erasing import Eraser

    path = workspace.root / SETTINGS
    table = load_storage(path, registry) if path.exists() else None
    for each in Eraser(workspace, registry, table, archives, now).erase_due():
        if each.why_not:
            logger.warning("user %s is not erased yet: %s", each.user_id, each.why_not)
        else:
            logger.info("user %s is erased", each.user_id)


def _settle(
    settings: ServerSettings, registry: Registry, database: Database, now: Callable[[], datetime]
) -> None:
    meters = open_meters(settings, registry)
    try:
        settled = settler_of(database, registry, meters, now).settle()
    finally:
        for meter in meters.values():
            meter.close()
    for name, each in settled.items():
        if each.error:
            logger.warning("meter %s: %s rows wait: %s", name, each.waiting, each.error)
