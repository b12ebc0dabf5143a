"""Makes the archives of all that is known of a user (GDPR, articles 15 and 20; CCPA, 1798.110)."""

from __future__ import annotations

import logging
import secrets
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from peewee import Database

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import to_json
from pixcrawler_core.catalog.models import ArchiveStatus, Avatar, DataArchive
from pixcrawler_server.archive_parts import PARTS, Part

logger = logging.getLogger(__name__)
FOLDER = "archives"
"""Of the workspace."""
KEPT = timedelta(days=1)
"""How long an archive can be fetched."""
PATIENCE = timedelta(hours=1)
"""After which one that is not there yet was begun by a process that died."""
README = """All that PixCrawler knows of you, as it was on {at:%Y-%m-%d %H:%M} UTC.

Each file has a JSON object a line. Times are in UTC. Passwords, keys and tokens are kept as hashes, which are
not told. The images of your datasets are not in here: download them as exports.
"""


class Archives:
    """Archives of users, one each, in a folder of the workspace; a thread makes one after the other."""

    def __init__(self, database: Database, root: Path, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._folder = root / FOLDER
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archives")

    def ask(self, user_id: UUID) -> DataArchive | None:
        """Note that an archive is wanted, in the transaction under way; None while one is being made."""
        found = self.find(user_id)
        if found is not None and found.status == ArchiveStatus.PENDING:
            return None
        DataArchive.delete().where(DataArchive.user == user_id).execute()
        audit.record("archive asked for", entity="user", entity_id=user_id, actor=user_id)
        return DataArchive.create(user=user_id, file=f"{secrets.token_hex(16)}.zip", created_at=self._now())

    def find(self, user_id: UUID) -> DataArchive | None:
        """The archive of a user; None if there is none, or none any more."""
        found: DataArchive | None = DataArchive.get_or_none(DataArchive.user == user_id)
        return None if found is None or self.ends_at(found) <= self._now() else found

    def ends_at(self, archive: DataArchive) -> datetime:
        """Until when an archive is there, or is waited for."""
        pending = archive.status == ArchiveStatus.PENDING
        end: datetime = archive.created_at + PATIENCE if pending else archive.completed_at + KEPT
        return end

    def path(self, archive: DataArchive) -> Path:
        """Where the file of an archive lies."""
        return self._folder / str(archive.file)

    def begin(self, archive: DataArchive) -> None:
        """Have an archive made, whose row has been committed."""
        self._thread.submit(self._make, archive)

    def clean(self) -> None:
        """Remove archives that were there long enough, and files that nobody knows."""
        now, found = self._now(), list(self._folder.glob("*.zip*"))  # before the rows: each of these has one
        for each in DataArchive.select():
            if self.ends_at(each) <= now:
                DataArchive.delete().where(DataArchive.user == each.user_id).execute()
        known = {each.file for each in DataArchive.select(DataArchive.file)}
        for path in found:
            if path.name.removesuffix(".part") not in known:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Wait for the one that is being made; others are made when they are asked for again."""
        self._thread.shutdown(cancel_futures=True)

    def _make(self, archive: DataArchive) -> None:
        status, size = ArchiveStatus.FAILED, None
        try:
            size = self._write(archive)
            status = ArchiveStatus.READY
        except Exception:  # the edge of a thread: what is wrong is told
            logger.exception("the archive of a user was not made")
        mine = (DataArchive.user == archive.user_id) & (DataArchive.file == archive.file)
        told = {"status": status, "size": size, "completed_at": self._now()}
        try:
            if not DataArchive.update(**told).where(mine).execute():
                self.path(archive).unlink(missing_ok=True)
        finally:
            self._database.close()

    def _write(self, archive: DataArchive) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self.path(archive)
        temporary = path.with_name(f"{path.name}.part")
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file:
                self._fill(file, archive.user_id)
            temporary.chmod(0o600)
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
        return path.stat().st_size

    def _fill(self, file: zipfile.ZipFile, user_id: UUID) -> None:
        file.writestr("README.txt", README.format(at=self._now()))
        avatar = Avatar.get_or_none(Avatar.user == user_id)
        if avatar is not None:
            file.writestr(f"avatar.{avatar.media_type.rpartition('/')[2]}", bytes(avatar.data))
        for part in PARTS:
            _add(file, part, user_id)


def _add(file: zipfile.ZipFile, part: Part, user_id: UUID) -> None:
    with file.open(f"{part.name}.jsonl", "w", force_zip64=True) as out:
        for row in part.rows(user_id):
            out.write(f"{to_json(row)}\n".encode())
