"""The views of admins, and what others see at their addresses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Request, expect

from tests.web.conftest import Come, Visit
from tests.web.test_access import problems

ADA = "ada@example.org"
TABLES = {"job": {"keywords": ["birds"], "max_images": 3}, "sources": {"engines": ["openverse"]}}
Paths = Callable[[Visit], list[str]]
ADMINS = ("", "/users", "/jobs", "/analytics", "/audit", "/plans", "/flags")

pytestmark = pytest.mark.drill


def test_others_see_that_it_is_for_admins_and_ask_nothing(come: Come) -> None:
    ada = come(ADA)
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/v1/admin" in request.url:
            asked.append(request.url)

    ada.page.on("request", note)
    expect(ada.page.get_by_role("navigation", name="Main").get_by_role("link", name="Admin")).to_have_count(0)
    for path in ("", "/users", f"/users/{ada.api('GET', '/me')['id']}"):
        ada.open(f"/admin{path}")
        expect(ada.page.get_by_role("heading", name="This is for admins")).to_be_visible()
    assert asked == []
    token = json.loads(ada.page.evaluate("sessionStorage.getItem('pixcrawler.session')"))["token"]
    refused = ada.page.request.get(
        f"{ada.base}/api/v1/admin/users", headers={"Authorization": f"Bearer {token}"}
    )
    assert refused.status == 403


def test_a_user_is_found_suspended_and_let_in_again(visit: Visit, come: Come) -> None:
    ada, page = come(ADA), visit.page
    visit.open("/admin")
    page.get_by_role("link", name="Users").click()
    page.get_by_label("Address begins with").fill("ad")
    expect(page).to_have_url(f"{visit.base}/admin/users?email=ad")
    page.get_by_role("link", name=ADA).click()
    page.get_by_role("button", name="Suspend the user").click()
    page.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_role("heading", name="Suspended")).to_be_visible()
    assert standing(visit) == "suspended"
    ada.page.wait_for_timeout(2500)  # a credential is remembered for two seconds
    ada.page.goto(f"{ada.base}/account/keys")
    expect(ada.page.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Let them in again").click()
    expect(page.get_by_role("button", name="Suspend the user")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Address begins with")).to_have_value("ad")
    assert standing(visit) == "active"


def standing(visit: Visit) -> str:
    (found,) = visit.api("GET", f"/admin/users?email={ADA}")["items"]
    return str(found["status"])


def test_the_record_is_proved_and_filtered(visit: Visit) -> None:
    page = visit.page
    visit.dataset("Cats")
    visit.open("/admin/audit")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("as they were written")).to_be_visible()
    assert len(page.get_by_label("Hash of the newest entry").input_value()) == 64
    page.get_by_label("Hash from the last time").fill("0" * 64)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("not as it was written")
    page.get_by_label("Action").fill("project created")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("table", name="Entries").get_by_role("row")).to_have_count(2)
    page.go_back()
    expect(page.get_by_label("Action")).to_have_value("")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSON lines").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert any(json.loads(line)["action"] == "project created" for line in lines)


def test_a_flag_is_switched_and_undone(visit: Visit) -> None:
    page = visit.page
    visit.open("/admin/flags")
    page.get_by_role("button", name="Switch off exports").click()
    expect(page.get_by_role("button", name="Switch on exports")).to_be_visible()
    assert "exports" not in switched_on(visit)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Switch off exports")).to_be_visible()
    assert "exports" in switched_on(visit)


def switched_on(visit: Visit) -> set[str]:
    return {each["name"] for each in visit.api("GET", "/admin/flags")["items"] if each["enabled"]}


def account(visit: Visit) -> list[str]:
    """All views of the account, with something in them."""
    dataset = visit.dataset()
    visit.api("POST", "/jobs", {"dataset": dataset, "tables": TABLES, "draft": True})
    visit.api("POST", "/schedules", {"dataset": dataset, "cron": "0 3 * * *", "tables": TABLES})
    visit.api("POST", "/api-keys", {"name": "Nightly", "scopes": ["profile", "datasets:read"]})
    project = visit.api("GET", "/projects")["items"][0]["id"]
    views = ("", "/security", "/keys", "/usage", "/schedules", "/schedules/new", "/activity", "/data")
    return [*(f"/account{each}" for each in views), "/projects", f"/projects/{project}", "/projects/999"]


def administration(visit: Visit) -> list[str]:
    """All views of admins, with something in them."""
    job = visit.api("POST", "/jobs", {"dataset": visit.dataset(), "tables": TABLES})["id"]
    visit.open(f"/jobs/{job}")
    expect(visit.page.get_by_text("completed", exact=True)).to_be_visible(timeout=30_000)
    return [*(f"/admin{each}" for each in ADMINS), f"/admin/users/{visit.api('GET', '/me')['id']}"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("paths", [account, administration])
def test_axe_finds_nothing_and_nothing_is_too_wide(visit: Visit, paths: Paths, scheme: Any) -> None:
    page, told = visit.page, {}
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for path in paths(visit):
        visit.open(path)
        page.wait_for_load_state("networkidle")
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        if found := problems(visit):
            told[path] = found
        for width in (360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                told[f"{path} at {width}"] = ["too wide"]
    assert told == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog_of_a_key(visit: Visit, scheme: Any) -> None:
    visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit.open("/account/keys")
    visit.page.get_by_role("button", name="New key").first.click()
    assert problems(visit) == []
