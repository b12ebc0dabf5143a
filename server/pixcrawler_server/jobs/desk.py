"""Where `pixcrawler jobs` orders jobs: the workspace here, or a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from pixcrawler_core.catalog.models import CrawlJob, Dataset
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.config.load import load_job, load_tables
from pixcrawler_core.errors import ConfigError, PixCrawlerError
from pixcrawler_core.jobs.ordering import order, queue
from pixcrawler_core.jobs.transitions import cancel, check_again
from pixcrawler_core.registry import Registry
from pixcrawler_core.workspace import Workspace
from pixcrawler_server.hosts import is_loopback
from pixcrawler_server.jobs.children import log_of
from pixcrawler_server.jobs.views import ANY, NEWEST, detail_of

TIMEOUT = 30.0
"""Seconds that a server may take to answer."""
MOST = 64 * 2**20
"""Bytes of an answer."""
OF_THE_ASKER = (404, 422)
"""Statuses for a job that is not there, and for one that is wrong: ConfigError, as in a workspace."""
Told = Mapping[str, Any]
"""A job as the API shows it."""


class Desk(Protocol):
    """Takes orders. Every method raises PixCrawlerError."""

    def submit(self, path: Path, dataset: str | None, *, draft: bool, priority: int) -> Told: ...

    def listed(self, status: str | None, limit: int) -> list[Told]: ...

    def shown(self, job_id: int) -> Told: ...

    def cancel(self, job_id: int) -> Told: ...

    def retry(self, job_id: int) -> Told: ...

    def log(self, job_id: int, offset: int) -> tuple[list[str], int]: ...


class LocalDesk:
    """The workspace itself: nobody but the machine sets limits. It is opened by whoever makes the desk."""

    def __init__(self, workspace: Workspace, registry: Registry, now: Callable[[], datetime]) -> None:
        self._workspace, self._registry, self._now = workspace, registry, now
        self._database = workspace.open()

    def submit(self, path: Path, dataset: str | None, *, draft: bool, priority: int) -> Told:
        """Order the job of a file, for a dataset of that id or the one that follows from its name."""
        job = load_job(path, self._registry)
        key = dataset or job.slug
        self._workspace.dataset(key)  # an id that can be one
        with self._database.atomic():
            if Dataset.get_or_none(Dataset.id == key) is None:
                Dataset.create(id=key, name=job.name)
            row = order(job, key, now=self._now(), draft=draft, priority=priority)
        return self.shown(row.id)

    def listed(self, status: str | None, limit: int) -> list[Told]:
        """The newest jobs."""
        rows = Sql(self._database).all(NEWEST, (status, status, limit))
        return [detail_of(row).model_dump(mode="json") for row in rows]

    def shown(self, job_id: int) -> Told:
        """A job."""
        row = Sql(self._database).first(ANY, (job_id,))
        if row is None:
            raise ConfigError(f"there is no job {job_id} in {self._workspace.root}")
        return detail_of(row).model_dump(mode="json")

    def cancel(self, job_id: int) -> Told:
        """End a job."""
        with self._database.atomic():
            cancel(self._ordered(job_id), now=self._now())
        return self.shown(job_id)

    def retry(self, job_id: int) -> Told:
        """Begin a job, or begin it again."""
        with self._database.atomic():
            row = self._ordered(job_id)
            check_again(row)
            queue(row, now=self._now())
        return self.shown(job_id)

    def log(self, job_id: int, offset: int) -> tuple[list[str], int]:
        """What its runs said, from an offset on, and where to go on."""
        self.shown(job_id)
        path = log_of(self._workspace.root, job_id)
        data = path.read_bytes()[offset:] if path.exists() else b""
        return data.decode(errors="replace").splitlines(), offset + len(data)

    def _ordered(self, job_id: int) -> CrawlJob:
        self.shown(job_id)
        row: CrawlJob = CrawlJob.get_by_id(job_id)
        if not row.tables:
            raise ConfigError(
                f"job {job_id} was not ordered: `pixcrawler run` runs it, and ends it with Ctrl-C"
            )
        return row


class RemoteDesk:
    """A server's API. `url` is the server's; `key` an API key with the scopes jobs:read and jobs:write."""

    def __init__(self, url: str, key: str) -> None:
        wrong = f"{url!r} is no address of a server"
        try:
            told = urlsplit(url if "://" in url else f"//{url}")
        except ValueError as error:
            raise ConfigError(f"{wrong}: {error}") from None
        if not told.scheme:
            scheme = "http" if is_loopback(told.hostname or "") else "https"
            raise ConfigError(f"{wrong}; write {scheme}://{url}")
        if told.scheme not in ("http", "https"):
            raise ConfigError(f"{wrong}; it begins with https:// or http://")
        self._url, self._key = f"{url.rstrip('/')}/api/v1/jobs", key
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def submit(self, path: Path, dataset: str | None, *, draft: bool, priority: int) -> Told:
        """Order the job of a file, for a dataset of the server."""
        if dataset is None:
            raise ConfigError("name the dataset of the server that it fills, with --dataset")
        tables = load_tables(path)
        body = {"dataset": dataset, "tables": tables, "draft": draft, "priority": priority}
        return self._job("POST", "", body)

    def listed(self, status: str | None, limit: int) -> list[Told]:
        """The newest jobs."""
        query = {"limit": limit, **({"status": status} if status else {})}
        items: list[Told] = self._ask("GET", f"?{urlencode(query)}")["items"]
        return items

    def shown(self, job_id: int) -> Told:
        """A job."""
        return self._job("GET", f"/{job_id}")

    def cancel(self, job_id: int) -> Told:
        """End a job."""
        return self._job("POST", f"/{job_id}/cancel")

    def retry(self, job_id: int) -> Told:
        """Begin a job, or begin it again."""
        return self._job("POST", f"/{job_id}/retry")

    def log(self, job_id: int, offset: int) -> tuple[list[str], int]:
        """What its runs said, from an offset on, and where to go on."""
        lines: list[str] = []
        while True:
            told = self._ask("GET", f"/{job_id}/logs?offset={offset}")
            lines += told["lines"]
            if told["next_offset"] == offset:
                return lines, offset
            offset = told["next_offset"]

    def _job(self, method: str, path: str, body: Any = None) -> Told:
        told: Told = self._ask(method, path, body)
        return told

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body, default=str).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = Request(self._url + path, data=data, headers=headers, method=method)  # noqa: S310  # checked
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return json.loads(answer.read(MOST))
        except HTTPError as error:
            kind = ConfigError if error.code in OF_THE_ASKER else PixCrawlerError
            with error:
                raise kind(_message(error)) from None
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise PixCrawlerError(f"{self._url} does not answer: {reason}") from None


class _NoRedirects(HTTPRedirectHandler):
    """Follows none: the key is for this server alone."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _message(error: HTTPError) -> str:
    try:
        told = json.loads(error.read(MOST))["error"]
        return f"{told['message']} ({told['code']})"
    except (ValueError, KeyError, TypeError):
        return f"the server answered with {error.code}"
