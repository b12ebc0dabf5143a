"""A dataset as a run leaves it: rows, blobs, a folder, an export."""

from __future__ import annotations

from itertools import count
from typing import Any

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import CrawlJob, Dataset, Export, Image, LedgerRow, Stream
from pixcrawler_core.records import State
from pixcrawler_core.workspace import Workspace

_numbers = count()


def fill(workspace: Workspace, name: str, project: int, *contents: bytes, **more: Any) -> Dataset:
    """A dataset with an image of each of the contents."""
    dataset = Dataset.create(id=name, name=name, project=project)
    job = CrawlJob.create(dataset=dataset, keywords=[name], config={"job": {"name": name}}, **more)
    stream = Stream.create(job=job, category=name, engine="urls", query=name)
    folder = workspace.dataset(name)
    folder.mkdir(parents=True)
    for number, content in enumerate(contents, 1):
        blob = workspace.blobs.put([content])
        row = _row(job, stream, blob.sha256, number)
        (folder / f"{number}.jpg").write_bytes(content)
        where = {"dataset": dataset, "category": name, "number": number}
        Image.create(**where, row=row, original_url="https://example.org", hash=blob.sha256)
    (workspace.exports / f"dataset-{name}.zip").write_bytes(b"zip")
    Export.create(dataset=dataset, format="zip", path=f"dataset-{name}.zip")
    return dataset


def _row(job: CrawlJob, stream: Stream, sha256: str, number: int) -> int:
    row = LedgerRow.create(
        job=job,
        stream=stream.id,
        url_key=next(_numbers) % 7 * 1000 + number,
        url=f"https://example.org/{number}.jpg",
        category=job.keywords[0],
        page=1,
        rank=number,
        seen_before=False,
        meta={"title": "A \ud800 title"},
        state=State.ACCEPTED,
        stage="kept",
        passing=False,
        sha256=sha256,
        created_at=utc_now(),
        updated_at=utc_now(),
    )
    return int(row.id)
