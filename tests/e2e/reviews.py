"""A dataset to be reviewed: its files of decisions, and what the catalog has of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import MODELS, Command
from tests.e2e.jobs import dataset, ledger, manifest, rows_in_catalog, write_job

NAME = "reviewed"
CATEGORIES = ("castles", "birds")
WANTED = 4
MORE = "[validators.dimensions]\nmin_width = 800\n[export]\nformats = ['zip']\n"
"""Four of nine castles are less than 800 pixels wide."""


def write(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """A file of decisions, in the form that its ending says."""
    rows = list(rows)
    if path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return path
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        table.writeheader()
        table.writerows(rows)
    return path


def images(workspace: Path, category: str | None = None) -> list[dict[str, Any]]:
    """Rows of the manifest."""
    found = manifest(workspace, NAME)["images"]
    return [each for each in found if category in (None, each["category"])]


def digests(workspace: Path) -> dict[str, str]:
    """Paths of the dataset's images by the digests of their bytes."""
    return {digest: path for path, digest in dataset(workspace, NAME).items()}


def too_small(workspace: Path) -> dict[str, Any]:
    """A row of the ledger that a check rejected."""
    return next(row for row in ledger(workspace, NAME) if row["reason"] == "too-small")


def kept(workspace: Path) -> list[tuple[Any, ...]]:
    """The decisions in the catalog."""
    return rows_in_catalog(workspace, "SELECT decision, sha256, category, note, reviewer FROM review")


def everything(workspace: Path) -> dict[str, bytes]:
    """Every file of datasets and exports with its bytes."""
    files = [path for part in ("datasets", "exports") for path in sorted((workspace / part).rglob("*"))]
    return {path.relative_to(workspace).as_posix(): path.read_bytes() for path in files if path.is_file()}


def finish(folder: Path, web: SimulatedWeb, *, report: bool = False) -> Path:
    """Run the job in a folder, with its workspace beside it; returns the folder."""
    web.reset()
    job = write_job(folder / f"{NAME}.toml", web, CATEGORIES, WANTED, more=MORE, report=report)
    command = Command("pixcrawler", folder, {"PIXCRAWLER_MODELS": str(MODELS)})
    done = command("run", job, "--workspace", folder / "workspace")
    assert done.code == 0, done.stderr
    return folder
