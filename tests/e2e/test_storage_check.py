"""`pixcrawler storage check`: what was lost behind the store's back, and what can be mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Command
from tests.e2e.reviews import NAME
from tests.e2e.stores import UNIT, told


@pytest.mark.drill
def test_what_is_lost_is_found_and_what_can_be_is_mended(
    pixcrawler: Command, workspace: Path, place: Path
) -> None:
    told(pixcrawler, "push", NAME)
    sound = told(pixcrawler, "check", "--full")
    assert sound == {"store": "filesystem", "full": True, "archived": 0, "mended": 0, "problems": []}
    lost, flipped, third, *_ = sorted((place / "hot" / UNIT / "categories").rglob("image_*"))
    keys = [str(path.relative_to(place / "hot")) for path in (lost, flipped, third)]
    lost.unlink()
    for path in (flipped, third):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (place / "hot/datasets/stray").write_text("a file without an object")
    gone, odd = told(pixcrawler, "check", code=1)["problems"]
    assert (gone["key"], gone["place"]) == (keys[0], f"hot/{keys[0]}")
    assert (odd["key"], odd["place"]) == (None, "hot/datasets/stray")
    found = told(pixcrawler, "check", "--full", code=1)["problems"]
    assert [each["key"] for each in found] == [*keys, None]
    (workspace / keys[2]).unlink()
    left = told(pixcrawler, "check", "--full", "--repair", code=1)
    assert (left["mended"], [each["key"] for each in left["problems"]]) == (3, [keys[2]])
    shown = pixcrawler("storage", "check", "--full")
    assert (shown.code, shown.stdout.splitlines()[-1]) == (1, "1 problem"), shown.stdout


def test_a_store_that_has_no_files_says_so(pixcrawler: Command, workspace: Path, job: Path) -> None:
    (workspace / "storage.toml").write_text(
        '[storage]\nstores = ["fsspec"]\n[storage.fsspec]\nurl = "memory://place"\n'
    )
    done = pixcrawler("storage", "check")
    assert done.code == 2
    assert "all of it has to be read: add --full" in done.stderr
