"""`pixcrawler takedown` in stores: what goes there, what waits, and that nothing returns out of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Command, wait
from tests.e2e.jobs import rows_in_catalog
from tests.e2e.reviews import NAME, images

FOLDER = f"dataset-{NAME}"
UNIT = f"datasets/{FOLDER}"
EXPORT = f"exports/{FOLDER}.zip"
PARQUET = f"exports/{FOLDER}.parquet"


@pytest.fixture
def store(job: Path, workspace: Path, tmp_path: Path) -> Path:
    """The folder of the store that the workspace's own configuration names."""
    store = tmp_path / "store"
    (workspace / "storage.toml").write_text(
        f'[storage]\nstores = ["filesystem"]\n[storage.filesystem]\npath = {json.dumps(str(store))}\n'
    )
    return store


def stored(store: Path) -> dict[str, str]:
    """Digests of all objects, by their keys."""
    with closing(sqlite3.connect(store / "index/store.sqlite")) as index:
        return dict(index.execute("SELECT key, sha256 FROM object"))


def unreached(workspace: Path) -> list[tuple[Any, ...]]:
    return rows_in_catalog(workspace, "SELECT store FROM unreached_store")


def push(pixcrawler: Command, *what: str) -> None:
    done = pixcrawler("storage", "push", NAME, *(part for each in what for part in ("--what", each)))
    assert done.code == 0, done.stderr


def test_an_image_goes_from_stores_too(pixcrawler: Command, workspace: Path, store: Path) -> None:
    """Out of an archive as well, which is not rehydrated for that."""
    first, *others = images(workspace)
    assert pixcrawler("export", NAME, "--format", "parquet").code == 0
    push(pixcrawler, "dataset", "exports", "blobs")
    assert pixcrawler("storage", "tier", NAME, "cold").code == 0
    assert sum(digest == first["sha256"] for digest in stored(store).values()) == 2
    done = pixcrawler("takedown", "--sha256", first["sha256"], "--yes", "--json")
    assert done.code == 0, done.stderr
    assert done.json["stores"] == [
        {
            "store": "filesystem",
            "objects": 2,
            "renewed": [UNIT, EXPORT],
            "removed": [PARQUET],
            "lacking": [],
            "why": None,
        }
    ]
    left = stored(store)
    assert first["sha256"] not in left.values()
    assert not [key for key in left if first["sha256"] in key or key == PARQUET]
    assert {each["sha256"] for each in others} <= set(left.values())
    usage = pixcrawler("storage", "usage", "--verify", "--json")
    assert (usage.code, usage.json["differences"]) == (0, [])
    assert unreached(workspace) == []


@pytest.mark.drill
def test_a_store_that_is_not_reached_is_reached_the_next_time(
    pixcrawler: Command, workspace: Path, store: Path
) -> None:
    """And until then nothing is pulled from it that was taken down."""
    first = images(workspace)[0]
    push(pixcrawler, "dataset")
    store.rename(store.with_name("away"))
    store.write_text("in the way")
    command = ("takedown", "--url", first["url"], "--yes", "--json")
    done = pixcrawler(*command)
    assert done.code == 3, done.stderr
    assert "store filesystem: it was not reached, and may have what was taken down" in done.stderr
    assert "give the same command again" in done.stderr
    assert unreached(workspace) == [("filesystem",)]
    assert first["sha256"] not in {each["sha256"] for each in images(workspace)}
    store.unlink()
    store.with_name("away").rename(store)
    refused = pixcrawler("storage", "pull", NAME)
    assert refused.code == 1
    assert "1 object of what was taken down, and is not pulled" in refused.stderr
    done = pixcrawler(*command)
    assert done.code == 0, done.stderr
    assert done.json["stores"][0]["objects"] == 1
    assert first["sha256"] not in stored(store).values()
    assert unreached(workspace) == []


@pytest.mark.drill
def test_what_was_taken_down_is_not_pushed(
    pixcrawler: Command, workspace: Path, store: Path, tmp_path: Path
) -> None:
    """Neither from a copy of the dataset, nor while a takedown is not at its end."""
    first = images(workspace)[0]
    copy = Path(shutil.copytree(workspace / UNIT, tmp_path / "copy"))
    assert pixcrawler("takedown", "--sha256", first["sha256"], "--yes").code == 0
    refused = pixcrawler("storage", "push", copy)
    assert refused.code == 1
    assert "has 1 image of what was taken down, and is not stored" in refused.stderr
    assert stored(store) == {}
    with closing(sqlite3.connect(workspace / "catalog.db")) as catalog:
        catalog.execute("UPDATE tombstone SET swept_at = NULL")
        catalog.commit()
    refused = pixcrawler("storage", "push", NAME)
    assert refused.code == 1
    assert "was broken off, so files of it may be left; run it again" in refused.stderr
    assert stored(store) == {}


@pytest.mark.drill
def test_a_dataset_that_is_not_here_is_told(pixcrawler: Command, workspace: Path, store: Path) -> None:
    """Its pictures go at once, and what tells of them once it was pulled."""
    first = images(workspace)[0]
    push(pixcrawler, "dataset")
    shutil.rmtree(workspace / UNIT)
    command = ("takedown", "--sha256", first["sha256"], "--yes", "--json")
    done = pixcrawler(*command)
    assert done.code == 3, done.stderr
    assert f"{UNIT} lost images and tells of them yet" in done.stderr
    assert first["sha256"] not in stored(store).values()
    assert pixcrawler("storage", "pull", NAME).code == 0
    done = pixcrawler(*command)
    assert done.code == 0, done.stderr
    assert (done.json["stores"][0]["renewed"], unreached(workspace)) == ([UNIT], [])
    usage = pixcrawler("storage", "usage", "--verify", "--json")
    assert usage.json["differences"] == []
    assert first["sha256"] not in (workspace / UNIT / "manifest.json").read_text("utf-8")


@pytest.mark.drill
def test_a_push_beside_it_brings_nothing_back(pixcrawler: Command, workspace: Path, store: Path) -> None:
    """Whoever comes first: the other one waits, says so, or finds what was done."""
    push(pixcrawler, "dataset", "blobs")
    for each in images(workspace)[:3]:
        processes = [
            pixcrawler.start("storage", "push", NAME, "--what", "dataset", "--what", "blobs"),
            pixcrawler.start("takedown", "--sha256", each["sha256"], "--yes"),
        ]
        pushed, taken = (wait(process) for process in processes)
        assert pushed.code == 0 or "in the workspace" in pushed.stderr or "is in use" in pushed.stderr
        if taken.code:
            assert "wait until" in taken.stderr
            assert pixcrawler("takedown", "--sha256", each["sha256"], "--yes").code == 0
        assert each["sha256"] not in stored(store).values()
    assert pixcrawler("storage", "usage", "--verify").code == 0
