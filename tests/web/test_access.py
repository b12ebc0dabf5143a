"""Accessible views: axe finds nothing, the keyboard does all, and nothing is wider than a phone."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import AXE, Come, Visit

OPEN = ("/account/sign-in", "/account/register", "/account/forgot", "/account/reset", "/account/verify")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "tags => axe.run(document, {runOnly: tags}).then(found => found.violations)"
TABLES = {"job": {"keywords": ["birds"], "max_images": 3}, "sources": {"engines": ["openverse"]}}

pytestmark = pytest.mark.drill


def problems(visit: Visit) -> list[str]:
    """What axe finds in the page as it is."""
    if not AXE.exists():
        if os.environ.get("CI"):
            pytest.fail("there is no axe-core; .ci/run should have installed it with `make axe`")
        pytest.skip("there is no axe-core; `make axe` installs it")
    visit.page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = visit.page.evaluate(RUN, TAGS)
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


CUT = """() => [...document.querySelectorAll("main .scroll, main .card, main .dialog, dialog")]
  .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent.slice(0, 60))"""


def cut(visit: Visit, path: str) -> list[str]:
    """Cards and tables of which a part is out of sight at some width."""
    told = []
    for width in (360, 768, 1440):
        visit.page.set_viewport_size({"width": width, "height": 800})
        told += [f"{path} at {width}: {each}" for each in visit.page.evaluate(CUT)]
    return told


@pytest.fixture
def paths(visit: Visit) -> list[str]:
    """All views, with something in them."""
    job = visit.api("POST", "/jobs", {"dataset": visit.dataset(), "tables": TABLES})["id"]
    visit.open(f"/jobs/{job}")
    expect(visit.page.get_by_text("completed", exact=True)).to_be_visible(timeout=30_000)
    return ["/", "/new", f"/jobs/{job}", "/jobs/999", "/jobs/x/y/z", *OPEN]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, paths: list[str], scheme: Any) -> None:
    visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    told = {}
    for path in paths:
        visit.open(path)
        visit.page.wait_for_timeout(700)
        for details in visit.page.locator("details").all():
            details.evaluate("details => { details.open = true; }")
        if found := problems(visit):
            told[path] = found
    visit.open("/")
    visit.page.get_by_role("button", name="Menu of").click()
    told |= {"menu": found} if (found := problems(visit)) else {}
    assert told == {}


def test_nothing_is_wider_than_the_window(visit: Visit, paths: list[str]) -> None:
    wide = []
    for width in (360, 768, 1440):
        visit.page.set_viewport_size({"width": width, "height": 800})
        for path in paths:
            visit.open(path)
            visit.page.wait_for_timeout(400)
            if visit.page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((path, width))
    assert wide == []


def test_the_keyboard_goes_everywhere(visit: Visit) -> None:
    page = visit.page
    visit.open("/new")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.closest('main') !== null")
    assert focused
    page.get_by_role("button", name="Menu of").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="dark")).to_be_visible()
    page.get_by_role("radio", name="dark").check()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Menu of")).to_be_focused()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_nothing_of_a_table_is_out_of_sight(visit: Visit, come: Come) -> None:
    come("ada.lovelace.of.the.analytical.engine@example.org")
    job = visit.api("POST", "/jobs", {"dataset": visit.dataset("Birds of the far north"), "tables": TABLES})
    visit.open(f"/jobs/{job['id']}")
    expect(visit.page.get_by_text("completed", exact=True)).to_be_visible(timeout=30_000)
    told = []
    for path in ("/", "/account/activity", *(f"/admin{each}" for each in ("", "/users", "/jobs", "/audit"))):
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
        told += cut(visit, path)
    assert told == []
    expect(visit.page.get_by_text("dataset: birds-of-the-far-north").first).to_be_visible()


def test_the_keys_of_the_gallery_can_be_read_on_a_phone(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size({"width": 360, "height": 740})
    visit.open(f"/datasets/{visit.dataset()}/images")
    page.get_by_role("button", name="Keys").click()
    found = page.get_by_role("dialog", name="Keys").get_by_role("definition").all()
    assert len(found) > 10
    assert min(each.evaluate("each => each.clientWidth") for each in found) > 120
