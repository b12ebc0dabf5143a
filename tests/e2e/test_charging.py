"""What a run of a job is charged to the owner of its project."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.catalog.models import CrawlTally, Dataset, Project, UsageRecord, User
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command
from tests.e2e.jobs import write_job


@pytest.mark.drill
def test_runs_are_charged_to_the_owner_and_images_once(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    def run(images: int) -> list[tuple[str, int]]:
        job = write_job(tmp_path / "castles.toml", web, ("castles",), images)
        assert pixcrawler("run", job).code == 0
        opened = Workspace(workspace)
        opened.open()
        found = [(each.kind, each.amount) for each in UsageRecord.select().order_by(UsageRecord.id)]
        opened.close()
        return found

    assert run(2) == []
    with_owner(workspace)
    first = run(4)
    assert [each for each in first if each[0] == "images"] == [("images", 4)]
    again = run(4)
    assert [each for each in again if each[0] == "images"] == [("images", 4)]
    assert len([each for each in again if each[0] == "compute"]) == 2


def with_owner(workspace: Path) -> None:
    """Give the dataset to a user."""
    opened = Workspace(workspace)
    opened.open()
    user = User.create(email="ada@example.org")
    Dataset.update(project=Project.create(owner=user, name="Castles")).execute()
    assert not CrawlTally.select().exists()
    opened.close()
