"""Writes job files against a simulated web, and reads what a run left behind."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image

from pixcrawler_core.testing.web import SimulatedWeb

ENGINES = ("openverse", "wikimedia")


def write_job(
    path: Path,
    web: SimulatedWeb,
    categories: Iterable[str],
    max_images: int,
    *,
    engines: Sequence[str] = ENGINES,
    fetch: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    more: str = "",
    sources: str = "",
    report: bool = False,
) -> Path:
    """A job file that looks for each category by its name, on engines of the simulated web.

    `options` are those of each engine, `sources` are more lines of `[sources]`, `more` comes at the end.
    """
    fetching = {
        "contact": "https://example.org/bot",
        "allow_private_hosts": ["127.0.0.1", "localhost"],
        "read_timeout": 2,
        "backoff": 0.05,
        "retries": 1,
        **(fetch or {}),
    }
    lines = ["[job]", f"name = {json.dumps(path.stem)}", f"max_images = {max_images}"]
    lines += [] if report else ["report = false"]
    for category in categories:
        words = json.dumps([category.replace("-", " ")])
        lines += ["[[category]]", f"name = {json.dumps(category)}", f"keywords = {words}"]
    lines += ["[sources]", f"engines = {json.dumps(list(engines))}", sources]
    for engine in engines:
        given = {"endpoint": web.endpoint(engine), "delay": 0, **(options or {})}
        lines += [f"[sources.{engine}]", *(f"{key} = {json.dumps(value)}" for key, value in given.items())]
    lines += ["[fetch]", *(f"{key} = {json.dumps(value)}" for key, value in fetching.items()), more]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def dataset(workspace: Path, name: str) -> dict[str, str]:
    """Digest of each image of a dataset by its path, read from the files themselves."""
    folder = workspace / f"datasets/dataset-{name}"
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("categories/*/*"))
    }


def manifest(workspace: Path, name: str) -> dict[str, Any]:
    """The manifest of a dataset."""
    found: dict[str, Any] = _json(workspace / f"datasets/dataset-{name}/manifest.json")
    return found


def ledger(workspace: Path, name: str) -> list[dict[str, Any]]:
    """The ledger of a dataset."""
    path = workspace / f"datasets/dataset-{name}/metadata/ledger.parquet"
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def check_dataset(workspace: Path, name: str) -> dict[str, int]:
    """Files, manifest, statistics and ledger agree with each other; returns the images per category."""
    told, rows, files = manifest(workspace, name), ledger(workspace, name), dataset(workspace, name)
    statistics = _json(workspace / f"datasets/dataset-{name}/statistics.json")
    entries = told["images"]
    assert {each["path"]: each["sha256"] for each in entries} == files
    for each in entries:
        path = workspace / f"datasets/dataset-{name}" / each["path"]
        with Image.open(path) as picture:
            picture.load()
            assert (picture.width, picture.height) == (each["width"], each["height"])
        assert path.stat().st_size == each["size"]
        assert each["consent"]
    assert len(set(files.values())) == len(files)
    accepted = [row for row in rows if row["state"] == "accepted"]
    assert {row["id"]: row["sha256"] for row in accepted} == {each["row"]: each["sha256"] for each in entries}
    assert statistics["images"]["count"] == len(entries)
    assert statistics["candidates"]["count"] == len(rows)
    assert statistics["candidates"]["by_state"] == dict(Counter(row["state"] for row in rows))
    reasons = Counter(row["reason"] for row in rows if row["reason"])
    assert statistics["candidates"]["by_reason"] == dict(reasons)
    counts = Counter(each["category"] for each in entries)
    wanted = {category: found["accepted"] for category, found in statistics["categories"].items()}
    assert wanted == {category: found["accepted"] for category, found in told["categories"].items()}
    assert dict(counts) == {category: number for category, number in wanted.items() if number}
    return wanted


def image_requests(web: SimulatedWeb) -> list[dict[str, Any]]:
    """The log's requests for images: neither engines nor robots.txt nor tdmrep.json."""
    return [
        {**each, "url": f"http://{each['host']}:{web.port}{each['path']}"}
        for each in web.log()
        if not each["path"].startswith(("/openverse", "/wikimedia/w", "/robots.txt", "/.well-known"))
    ]


def rows_in_catalog(workspace: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the catalog as it lies there."""
    with closing(sqlite3.connect(workspace / "catalog.db", timeout=10)) as connection:
        return connection.execute(query).fetchall()


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
