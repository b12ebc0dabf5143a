"""`pixcrawler fetch`: lists in every format."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command
from tests.e2e.jobs import check_dataset, ledger, manifest

LONG = pytest.mark.drill


@pytest.mark.parametrize(
    "form", [pytest.param("txt", marks=LONG), "csv", pytest.param("tsv", marks=LONG), "jsonl", "parquet"]
)
def test_list_formats(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, form: str
) -> None:
    web.write_list(tmp_path / f"list.{form}", form)
    labels = [] if form == "txt" else ["--label-column", "label"]
    done = pixcrawler("fetch", f"list.{form}", *labels, "--allow-private-host", "localhost", "--json")
    assert done.code == 0, done.stderr
    photographs = web.photographs()
    wanted = {each["category"] for each in photographs} if labels else {"images"}
    assert set(check_dataset(workspace, "list")) == wanted
    assert done.json["accepted"] == len(photographs)


def test_expected_digest_and_licence(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    good, bad = web.photographs()[:2]
    with (tmp_path / "digests.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["url", "sha256", "licence"])
        writer.writerow([web.photograph_url(good["key"]), good["sha256"], "cc0-1.0"])
        writer.writerow([web.photograph_url(bad["key"]), "0" * 64, "cc-by-4.0"])
    (tmp_path / "job.toml").write_text(
        '[job]\nname = "digests"\n[urls]\nfile = "digests.csv"\nsha256_column = "sha256"\n'
        'license_column = "licence"\n[fetch]\nallow_private_hosts = ["localhost"]\n'
    )
    assert pixcrawler("run", tmp_path / "job.toml", cwd=Path("/")).code == 0
    (entry,) = manifest(workspace, "digests")["images"]
    assert (entry["sha256"], entry["licence"]) == (good["sha256"], "cc0-1.0")
    assert [row["state"] for row in ledger(workspace, "digests")] == ["accepted", "failed"]
