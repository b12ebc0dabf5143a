"""The programs that fetch the same list: the `pixcrawler` command, and img2dataset in its own environment."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from measure import Measured, measured
from pictures import CACHE, ROOT

PEER = CACHE / "img2dataset"
PEER_PACKAGES = ("img2dataset==1.47.0", "albumentations==1.4.24")
PEER_ENVIRONMENT = {"NO_ALBUMENTATIONS_UPDATE": "1", "WANDB_MODE": "disabled", "no_proxy": "*"}
"""img2dataset 1.47 without the questions that its libraries ask on the network when they are imported."""
PEER_MODES = {
    "img2dataset": ["--resize_mode=border"],
    "img2dataset, no resizing": ["--resize_mode=no"],
    "img2dataset, bytes only": ["--resize_mode=no", "--disable_all_reencoding=True", "--extract_exif=False"],
}
"""As it comes (256 x 256 with a border); decoding and encoding again; nothing decoded at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetch:
    """One client that fetched the list."""

    client: str
    images: int
    """Images that it says it has."""
    files: int
    """Image files that it wrote."""
    start: float
    """Seconds before its first row or image."""
    fetching: float
    """Seconds in which it fetched: of img2dataset its shard, of PixCrawler first row to last verdict."""
    run: Measured

    @property
    def rate(self) -> float:
        """Images per second of the whole command."""
        return self.images / self.run.wall

    @property
    def fetching_rate(self) -> float:
        """Images per second while it fetched."""
        return self.images / self.fetching

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU per image, all in."""
        return 1000 * self.run.cpu / self.images


def pixcrawler_arguments(urls: Path, workspace: Path, concurrency: int) -> list[str]:
    """The arguments of `pixcrawler` that fetch a list from this machine."""
    return [
        "fetch",
        str(urls),
        "--name=bench",
        f"--concurrency={concurrency}",
        f"--per-host={min(concurrency, 64)}",
        "--allow-private-host=127.0.0.1",
        f"--workspace={workspace}",
        "--json",
    ]


def fetch_with_pixcrawler(
    urls: Path, scratch: Path, cores: set[int], concurrency: int, sample_every: float | None = None
) -> Fetch:
    """Fetch a list with `pixcrawler fetch` into a fresh workspace, which is left for the caller to read."""
    workspace = scratch / "pixcrawler"
    shutil.rmtree(workspace, ignore_errors=True)
    command: list[str | Path] = [
        Path(sys.executable).with_name("pixcrawler"),
        *pixcrawler_arguments(urls, workspace, concurrency),
    ]
    run = measured(command, cores, scratch / "pixcrawler.log", sample_every=sample_every)
    first, last = ledger_times(workspace)
    return Fetch(
        client="PixCrawler",
        images=json.loads(run.output)["accepted"],
        files=sum(1 for _ in (workspace / "datasets").rglob("image_*")),
        start=first - run.started,
        fetching=last - first,
        run=run,
    )


def ledger_times(workspace: Path) -> tuple[float, float]:
    """When the first row was recorded and when the last verdict was, in seconds since the epoch."""
    with sqlite3.connect(workspace / "catalog.db") as database:
        first, last = database.execute("SELECT min(created_at), max(updated_at) FROM ledger_row").fetchone()
    return _epoch(first), _epoch(last)


def verdict_times(workspace: Path) -> list[float]:
    """When each row of the ledger got its verdict, in seconds since the epoch, in order."""
    with sqlite3.connect(workspace / "catalog.db") as database:
        rows = database.execute("SELECT updated_at FROM ledger_row ORDER BY updated_at").fetchall()
    return [_epoch(updated) for (updated,) in rows]


def fetch_with_img2dataset(mode: str, urls: Path, scratch: Path, cores: set[int], concurrency: int) -> Fetch:
    """Fetch a list with img2dataset into an empty folder, which is removed again."""
    out = scratch / "img2dataset"
    shutil.rmtree(out, ignore_errors=True)
    command: list[str | Path] = [
        PEER / "bin/img2dataset",
        f"--url_list={urls}",
        f"--output_folder={out}",
        "--output_format=files",
        "--image_size=256",
        "--processes_count=1",
        f"--thread_count={concurrency}",
        "--retries=0",
        *PEER_MODES[mode],
    ]
    run = measured(command, cores, scratch / "img2dataset.log", PEER_ENVIRONMENT)
    shards = [json.loads(path.read_text()) for path in out.glob("*_stats.json")]
    start = min(shard["start_time"] for shard in shards)
    fetched = Fetch(
        client=mode,
        images=sum(shard["successes"] for shard in shards),
        files=sum(1 for _ in out.rglob("*.jpg")),
        start=start - run.started,
        fetching=max(shard["end_time"] for shard in shards) - start,
        run=run,
    )
    shutil.rmtree(out)
    return fetched


def install_img2dataset() -> None:
    """Make img2dataset's own environment in `.cache`, once."""
    if (PEER / ".installed").exists():
        return
    print(f"installing {PEER_PACKAGES[0]} into {PEER.relative_to(ROOT)} (once)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(PEER)], check=True)
    python = str(PEER / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER_PACKAGES], check=True)
    (PEER / ".installed").touch()


def _epoch(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
