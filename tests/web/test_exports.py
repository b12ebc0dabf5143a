"""Exports that have more than one file."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visit
from tests.web.test_access import TABLES


@pytest.mark.drill
def test_files_of_a_folder_are_downloaded_one_by_one(visit: Visit) -> None:
    page, dataset = visit.page, visit.dataset()
    job = visit.api("POST", "/jobs", {"dataset": dataset, "tables": TABLES})["id"]
    visit.open(f"/jobs/{job}")
    expect(page.get_by_text("completed", exact=True)).to_be_visible(timeout=30_000)
    visit.open(f"/datasets/{dataset}?tab=exports")
    page.get_by_label("Format").select_option("coco")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("button", name="Download", exact=True).click(timeout=15_000)
    expect(page.get_by_role("dialog", name="Files of the coco export")).to_be_visible()
    with page.expect_download() as got:
        page.get_by_role("button", name="Download annotations").first.click()
    assert got.value.suggested_filename.endswith(".json")
