"""How jobs are shown, and the one statement that finds a job quickly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring_ascii as _text
from typing import Any

from pixcrawler_core.catalog.fields import from_sql_time
from pixcrawler_core.catalog.models import JobStatus
from pixcrawler_core.service import Principal
from pixcrawler_server.bodies import View
from pixcrawler_server.replies import Ready

COLUMNS = (
    "id",
    "dataset_id",
    "status",
    "progress",
    "keywords",
    "max_images",
    "search_engines",
    "priority",
    "attempts",
    "error",
    "created_at",
    "updated_at",
    "queued_at",
    "started_at",
    "completed_at",
    "revision",
)
"""Of a job, in the order in which `view_of` takes them."""
TIMES = ("created_at", "updated_at", "queued_at", "started_at", "completed_at")
REVISION = COLUMNS.index("revision")
_JOINED = """FROM crawl_job j JOIN dataset d ON d.id = j.dataset_id
LEFT JOIN project p ON p.id = d.project_id
LEFT JOIN project_member m ON m.project_id = p.id AND m.user_id = ?"""
SELECTED = ", ".join(f"j.{name}" for name in COLUMNS)
FROM_JOBS = f"{_JOINED} WHERE (p.owner_id = ? OR m.role IS NOT NULL OR ?)"
ONE = f"SELECT {SELECTED}, j.tables {FROM_JOBS} AND j.id = ?"  # our own names
"""Values: those of `asks`, and the job's id."""
FETCHED = f"""SELECT r.sha256, j.dataset_id {_JOINED} JOIN ledger_row r ON r.job_id = j.id
WHERE (p.owner_id = ? OR m.role IS NOT NULL OR ?) AND r.id = ?"""  # our own names
"""What was fetched of a candidate, and its dataset. Values: those of `asks`, and the candidate's id."""
_ALL = f"SELECT {SELECTED}, j.tables FROM crawl_job j"  # noqa: S608  # as above
ANY = f"{_ALL} WHERE j.id = ?"
"""The same for whoever has the catalog itself."""
NEWEST = f"{_ALL} WHERE (CAST(? AS TEXT) IS NULL OR j.status = ?) ORDER BY j.id DESC LIMIT ?"


class JobView(View):
    """A job."""

    id: int
    dataset: str
    status: JobStatus
    progress: float
    """Per cent."""
    keywords: list[str]
    max_images: int | None
    """Accepted images wanted in each category."""
    engines: list[str]
    priority: int
    attempts: int
    """Runs since it was queued."""
    error: str
    """Why it failed, or came out short of what sources had, such as for a full quota."""
    created_at: datetime
    updated_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    revision: int
    """Goes up with each change of status or progress."""


class JobDetail(JobView):
    """A job with what was ordered."""

    tables: dict[str, Any]
    """The job file's tables, without what is the default anyhow."""


def asks(principal: Principal) -> tuple[object, object, object]:
    """The values of `FROM_JOBS` for whoever asks."""
    who = principal.user_id.hex
    return who, who, principal.is_admin


def view_of(row: Sequence[Any]) -> JobView:
    """A job from its `COLUMNS`."""
    return JobView(**_fields(row))


def detail_of(row: Sequence[Any]) -> JobDetail:
    """A job from its `COLUMNS` and its tables."""
    return JobDetail(**_fields(row), tables=json.loads(row[len(COLUMNS)]))


def data_of(row: Sequence[Any]) -> bytes:
    """The JSON of `detail_of` and no more: made of what the catalog has, without a look at the values."""
    told = list(row)
    for place in _TEXTS:
        told[place] = _text(told[place])
    for place in _TIMES:
        told[place] = _time(told[place])
    told[_MOST] = told[_MOST] or "null"
    return (_JSON % tuple(told)).encode()


def ready_of(rows: Sequence[Sequence[Any]]) -> Ready | None:
    """The answer with the job that `ONE` found; None if it found none."""
    return Ready(data_of(rows[0]), tag_of(rows[0][0], rows[0][REVISION])) if rows else None


def tag_of(job_id: int, revision: int) -> str:
    """The ETag of a job: all that is shown of it changes with its revision."""
    return f'"job-{job_id}-{revision}"'


_TEXTS = [COLUMNS.index(name) for name in ("dataset_id", "status", "error")]
_TIMES = [COLUMNS.index(name) for name in TIMES]
_MOST = COLUMNS.index("max_images")
_JSON = "{" + ",".join(f'"{name}":%s' for name in JobDetail.model_fields) + "}"


def _time(value: Any) -> str:
    if not value:
        return "null"
    text = value if isinstance(value, str) else value.isoformat(" ", "microseconds")
    return f'"{text[:10]}T{text[11:]}Z"'


def _fields(row: Sequence[Any]) -> Mapping[str, Any]:
    told = dict(zip(JobView.model_fields, row, strict=False))
    told["keywords"], told["engines"] = json.loads(told["keywords"]), json.loads(told["engines"])
    for name in TIMES:
        told[name] = from_sql_time(told[name]) if told[name] else None
    return told
