"""Whose what is stored is, and what the catalog says of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixcrawler_core.catalog.models import Dataset, Project, User
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command
from tests.e2e.reviews import NAME
from tests.e2e.stores import EXPORT, UNIT, age, change, files, listed, noted, table, told


@pytest.fixture
def ada(place: Path, workspace: Path) -> str:
    """Whose the dataset is, and who may have a gigabyte."""
    with Workspace(workspace):
        ada = User.create(email="ada@example.org", storage_quota=10**9)
        Dataset.update(project=Project.create(owner=ada, name="p")).execute()
        return str(ada.email)


def test_whose_it_is_and_what_the_catalog_says(pixcrawler: Command, workspace: Path, ada: str) -> None:
    """Wrong books are found, and set right."""
    told(pixcrawler, "push", NAME, "--what", "exports")
    change(workspace, "UPDATE stored_unit SET warm = 7")
    usage = told(pixcrawler, "usage", "--verify", code=1)
    assert [(each["key"], each["what"]) for each in usage["differences"]] == [(EXPORT, "accounting")]
    assert [(each["unit"], each["owner"]) for each in usage["units"]] == [(EXPORT, ada)]
    shown = pixcrawler("storage", "usage", "--verify", "--by", "user")
    assert shown.code == 0, shown.stdout
    assert shown.stdout.startswith(f"{ada}: 1 unit, 1 object, hot ")
    assert shown.stdout.endswith("\n0 differences between the store and this workspace\n")


@pytest.mark.drill
@pytest.mark.usefixtures("ada")
def test_what_does_not_fit_is_not_sent(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    """Neither by a push nor by a run, which ends with the dataset finished, and stores it later."""
    change(workspace, "UPDATE users SET storage_quota = 1000")
    job.write_text(f"{job.read_text()}\n{table(tmp_path / 'store')}")
    for command in (("storage", "push", NAME), ("run", job)):
        refused = pixcrawler(*command)
        assert refused.code == 1
        assert "the storage quota is 1,000 bytes: " in refused.stderr
        assert (listed(pixcrawler), noted(workspace)) == ({}, {})
    change(workspace, "UPDATE users SET storage_quota = 1000000000")
    assert pixcrawler("run", job).code == 0
    assert noted(workspace).keys() == {UNIT, EXPORT}


@pytest.mark.drill
def test_the_catalog_follows_the_store(pixcrawler: Command, workspace: Path, place: Path) -> None:
    (workspace / "storage.toml").write_text(table(place).replace("[storage.f", "cold_after = 40\n[storage.f"))
    told(pixcrawler, "push", NAME)
    objects, size = len(files(workspace / UNIT)), sum(map(len, files(workspace / UNIT).values()))
    assert noted(workspace)[UNIT] == (NAME, objects, size, 0, 0)
    assert pixcrawler("storage", "tier", NAME, "warm").code == 0
    assert noted(workspace)[UNIT] == (NAME, objects, 0, size, 0)
    age(place, 41)
    told(pixcrawler, "sweep", "--dry-run")
    assert noted(workspace)[UNIT] == (NAME, objects, 0, size, 0)
    told(pixcrawler, "sweep")
    assert noted(workspace)[UNIT] == (NAME, objects, 0, 0, size)
    told(pixcrawler, "rehydrate", NAME)
    assert noted(workspace)[UNIT] == (NAME, objects, size, 0, 0)
    change(workspace, "DELETE FROM dataset")
    change(workspace, "INSERT INTO stored_unit VALUES ('filesystem', 'blobs', NULL, NULL, 1, 1, 0, 0, '')")
    assert told(pixcrawler, "gc", "--grace", "0", "--yes")["removed"] is True
    assert noted(workspace) == {}


def test_usage_needs_no_catalog(pixcrawler: Command, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/storage.toml").write_text(table(tmp_path / "store"))
    usage = told(pixcrawler, "usage", "--verify", "--by", "user", "--workspace", str(tmp_path / "bare"))
    assert (usage["users"], usage["differences"]) == ([], [])
    assert os.listdir(tmp_path / "bare") == ["storage.toml"]
