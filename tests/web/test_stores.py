"""What a dataset's page does with stores, and the takedown of an image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import until
from tests.web.conftest import Site, Visit
from tests.web.test_gallery import count, crowd, tiles

pytestmark = pytest.mark.drill


@pytest.fixture
def stored(site: Site, workspace: Path, tmp_path: Path) -> None:
    path = json.dumps(str(tmp_path / "store"))
    table = f'[storage]\nstores = ["filesystem"]\n[storage.filesystem]\npath = {path}\n'
    (workspace / "storage.toml").write_text(table)


@pytest.mark.usefixtures("stored")
def test_a_dataset_goes_into_the_archive_and_comes_back(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 12)
    visit.open(f"/datasets/{dataset}?tab=storage")
    expect(page.get_by_text("It has nothing of the dataset.")).to_be_visible()
    page.get_by_role("button", name="Bring it up to date").click()
    table = page.get_by_role("table", name="What filesystem has")
    expect(table).to_contain_text("hot", timeout=20_000)
    page.get_by_label("Tier").select_option("cold")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("objects are in the archive")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Bring it out of the archive").click()
    expect(page.get_by_text("objects are in the archive")).to_be_hidden(timeout=20_000)
    expect(table).to_contain_text("hot")
    done = page.get_by_role("table", name="Tasks").get_by_text("done", exact=True)
    expect(done).to_have_count(3)
    tasks = visit.api("GET", f"/datasets/{dataset}/tasks")["items"]
    assert [(each["status"], each["detail"]) for each in tasks] == [("done", None)] * 3


def test_an_image_is_taken_down_for_good(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 12)
    visit.open(f"/datasets/{dataset}/images")
    tiles(page).first.dblclick()
    page.get_by_role("button", name="Take down").click()
    page.get_by_role("button", name="Leave it").click()
    assert count(visit, dataset) == 12
    page.get_by_role("button", name="Take down").click()
    page.get_by_role("button", name="Take it down").click()
    expect(page.get_by_text("The takedown has begun")).to_be_visible()
    until(lambda: count(visit, dataset) == 11)
    visit.open(f"/datasets/{dataset}?tab=storage")
    done = page.get_by_role("table", name="Tasks").get_by_text("done", exact=True)
    expect(done).to_be_visible(timeout=20_000)
    visit.open(f"/datasets/{dataset}/images")
    expect(tiles(page)).to_have_count(11)
