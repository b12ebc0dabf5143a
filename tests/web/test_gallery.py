"""The gallery and the views of a dataset: any number of images, review with the keyboard, hostile names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pixcrawler_core.assembly.dataset import Assembly
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import CrawlJob
from pixcrawler_core.catalog.reviewing import ReviewLedger
from pixcrawler_core.testing.crowd import Crowd
from pixcrawler_core.workspace import Workspace
from tests.conftest import PHOTOGRAPHS, until
from tests.web.conftest import Visit
from tests.web.test_access import problems

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
PICTURES = [path.read_bytes() for path in sorted(PHOTOGRAPHS.rglob("*.jpg"))[:40]]


def crowd(visit: Visit, workspace: Path, count: int, title: str = "A bird") -> str:
    """A dataset with so many images, whose name and titles are what they are given."""
    project = visit.api("POST", "/projects", {"name": "Field work"})["id"]
    with Workspace(workspace) as opened:
        opened.open()
        made = Crowd(workspace=opened, dataset=f"set-{count}", name=title, project=project, title=title)
        made.fill(count, PICTURES)
        if count < 1000:
            assemble(opened, made.dataset)
    return made.dataset


def assemble(workspace: Workspace, dataset: str) -> None:
    """Write the folder of a dataset."""
    job = CrawlJob.get(CrawlJob.dataset == dataset)
    Assembly(
        dataset=dataset,
        name=dataset,
        folder=workspace.dataset(dataset),
        ledger=ReviewLedger(workspace.open(), job.id),
        blobs=workspace.blobs,
        goals={"birds": 5},
        job=job.config,
        now=utc_now(),
    ).run()


def tiles(page: Page) -> Any:
    return page.locator(".tile")


def test_a_gallery_opens_by_its_address(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 12, HOSTILE)
    visit.open(f"/datasets/{dataset}/images?category=birds&order=worst")
    expect(tiles(page)).to_have_count(3)
    expect(page.get_by_label("Category")).to_have_value("birds")
    picture = tiles(page).first.get_by_role("img")
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.complete", arg=picture.element_handle())
    assert picture.evaluate("image => image.naturalWidth") > 0


@pytest.mark.drill
def test_review_with_the_keyboard(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 20)
    visit.open(f"/datasets/{dataset}/images")
    expect(tiles(page)).to_have_count(20)
    page.get_by_role("listbox").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)  # a hidden one still takes the keys
    expect(page.get_by_role("listbox")).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_text("All decisions are kept")).to_be_visible(timeout=15_000)
    until(lambda: count(visit, dataset) == 19)
    page.keyboard.press("z")
    expect(page.get_by_text("1 decision undone.")).to_be_visible()
    expect(page.get_by_text("All decisions are kept")).to_be_visible(timeout=15_000)
    until(lambda: count(visit, dataset) == 20)
    page.get_by_role("listbox").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_label("Category").select_option("castles")
    page.get_by_role("button", name="Move", exact=True).last.click()
    expect(page.get_by_text("All decisions are kept")).to_be_visible(timeout=15_000)
    until(lambda: count(visit, dataset, category="castles") == 7)
    assert count(visit, dataset) == 20


def count(visit: Visit, dataset: str, **query: str) -> int:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return int(visit.api("GET", f"/datasets/{dataset}/images/marks?{asked}")["count"])


@pytest.mark.drill
def test_filters_are_in_the_address(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 40)
    visit.open(f"/datasets/{dataset}/images")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Category").select_option("birds")
    expect(tiles(page)).to_have_count(8)
    page.get_by_label("Licence").select_option("cc0-1.0")
    expect(tiles(page)).to_have_count(2)
    page.go_back()
    expect(tiles(page)).to_have_count(8)
    page.reload()
    expect(tiles(page)).to_have_count(8)
    page.get_by_text("Rejected", exact=True).click()
    expect(page).to_have_url(re.compile("verdict=rejected"))
    page.get_by_role("button", name="Clear").click()
    expect(tiles(page)).to_have_count(4)
    tiles(page).first.dblclick()
    expect(page.get_by_role("dialog").get_by_text("validation")).to_have_count(0)
    page.keyboard.press("Escape")
    assert count(visit, dataset) == 40
    assert count(visit, dataset, category="birds", licence="cc0-1.0") == 2


@pytest.mark.drill
def test_hostile_titles_are_text(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 12, HOSTILE)
    views = ("", "?tab=settings", "?tab=versions", "/images", "/images?verdict=rejected")
    for view in views:
        visit.open(f"/datasets/{dataset}{view}")
        page.wait_for_timeout(500)
        assert page.title() != "owned"
    visit.open(f"/datasets/{dataset}/images")
    tiles(page).first.dblclick()
    expect(page.get_by_role("dialog").get_by_text(HOSTILE).first).to_be_visible()
    visit.open("/datasets")
    expect(page.get_by_role("link", name=HOSTILE, exact=True)).to_be_visible()
    assert page.title() != "owned"


@pytest.mark.drill
def test_a_hundred_thousand_images(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 100_000)
    visit.open(f"/datasets/{dataset}/images")
    expect(page.get_by_text("100,000 images")).to_be_visible(timeout=30_000)
    page.get_by_role("listbox").focus()
    page.keyboard.press("End")
    last = page.locator("[aria-posinset='100000']")
    expect(last.get_by_role("img", name="mountains 20000")).to_be_visible(timeout=20_000)
    assert tiles(page).count() < 200
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight / 2)")
    expect(tiles(page).nth(10).get_by_role("img")).to_be_visible(timeout=20_000)


@pytest.mark.drill
def test_thresholds_tell_before_they_change(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 40)
    visit.open(f"/datasets/{dataset}/images")
    page.get_by_role("button", name="Thresholds").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_text(["Kept", "Rejected"])
    page.get_by_label("Threshold of sharpness").fill("0.3")
    expect(page.get_by_text("10 images would be rejected")).to_be_visible()
    assert count(visit, dataset) == 40
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("10 images rejected")).to_be_visible(timeout=20_000)
    assert count(visit, dataset) < 40


@pytest.mark.drill
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, workspace: Path, scheme: Any) -> None:
    page, dataset = visit.page, crowd(visit, workspace, 12)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    tabs = ("", *(f"?tab={name}" for name in ("versions", "splits", "exports", "storage", "settings")))
    paths = ["/datasets", *(f"/datasets/{dataset}{tab}" for tab in tabs)]
    paths += [
        f"/datasets/{dataset}/images{each}" for each in ("?category=birds", "?verdict=rejected", "?host=none")
    ]
    told = {}
    for path in paths:
        visit.open(path)
        page.wait_for_timeout(1200)
        if found := problems(visit):
            told[path] = found
    visit.open(f"/datasets/{dataset}/images")
    tiles(page).first.dblclick()
    page.wait_for_timeout(1500)
    told |= {"viewer": found} if (found := problems(visit)) else {}
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Thresholds").click()
    page.wait_for_timeout(1000)
    told |= {"thresholds": found} if (found := problems(visit)) else {}
    assert told == {}
