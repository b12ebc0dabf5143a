"""Review in trouble, and the decisions that one makes less often: nothing is lost, nothing is done twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.conftest import Command, until
from tests.web.conftest import PASSWORD, Site, Visit, sign_in
from tests.web.test_access import TABLES
from tests.web.test_gallery import count, crowd, tiles

KEPT = "All decisions are kept"

pytestmark = pytest.mark.drill


def reviewed(visit: Visit, dataset: str) -> int:
    """How many decisions there are."""
    return len(visit.api("GET", f"/datasets/{dataset}/review")["items"])


def ready(visit: Visit, dataset: str, images: int) -> Page:
    """The gallery, with the focus on its first image."""
    visit.open(f"/datasets/{dataset}/images")
    expect(tiles(visit.page)).to_have_count(images)
    visit.page.get_by_role("listbox").focus()
    return visit.page


def test_decisions_made_offline_are_sent_once_when_the_network_is_back(
    visit: Visit, workspace: Path, context: BrowserContext
) -> None:
    dataset = crowd(visit, workspace, 12)
    page = ready(visit, dataset, 12)
    context.set_offline(True)
    page.keyboard.press("r")
    page.keyboard.press("r")
    expect(page.get_by_text("Server not reached: 2 decisions to be sent")).to_be_visible()
    page.wait_for_timeout(3500)  # it is tried again meanwhile
    context.set_offline(False)
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    assert reviewed(visit, dataset) == 2
    until(lambda: count(visit, dataset) == 10)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 decision undone.")).to_be_visible()
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    until(lambda: count(visit, dataset) == 11)


def test_an_image_that_comes_back_can_be_looked_at(visit: Visit, workspace: Path) -> None:
    """It has another id than before."""
    dataset = crowd(visit, workspace, 12)
    page = ready(visit, dataset, 12)
    page.keyboard.press("r")
    page.keyboard.press("r")
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    page.keyboard.press("z")
    expect(page.get_by_text("1 decision undone.")).to_be_visible()
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    image = page.get_by_role("dialog")
    expect(image.get_by_text("Number", exact=True)).to_be_visible()
    page.keyboard.press("r")  # which goes on to the next image
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    page.keyboard.press("ArrowLeft")
    expect(image.get_by_text("Rejected", exact=True)).to_be_visible()
    page.wait_for_timeout(500)
    expect(image.get_by_role("alert")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    expect(image.get_by_text("Number", exact=True)).to_be_visible()
    shown = int(page.url.partition("image=")[2])
    listed = {each["id"] for each in visit.api("GET", f"/datasets/{dataset}/images")["items"]}
    assert (len(listed), shown in listed) == (11, True)


def test_a_decision_whose_answer_was_lost_is_done_once(visit: Visit, workspace: Path) -> None:
    dataset = crowd(visit, workspace, 12)
    page, keys = ready(visit, dataset, 12), []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()  # the server has done it, and nobody hears of it
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/datasets/*/review", lose)
    page.keyboard.press("r")
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    assert (len(keys), len(set(keys))) == (2, 1)
    page.get_by_role("button", name="Undo").click()  # its answer was kept: it can still be taken back
    expect(page.get_by_text("1 decision undone.")).to_be_visible()
    until(lambda: count(visit, dataset) == 12)


def test_what_the_server_refuses_is_taken_back_and_said(visit: Visit, workspace: Path) -> None:
    dataset = crowd(visit, workspace, 12)
    page = ready(visit, dataset, 12)
    told = '{"error": {"code": "FORBIDDEN", "message": "you may only look at this dataset"}}'
    refused = {"status": 403, "content_type": "application/json", "body": told}
    page.route("**/api/v1/datasets/*/review", lambda route: route.fulfill(**refused))
    page.keyboard.press("r")
    expect(page.get_by_text("Not kept: You may only look at this dataset.")).to_be_visible()
    page.unroute("**/api/v1/datasets/*/review")
    page.get_by_role("button", name="Try again").click()
    until(lambda: count(visit, dataset) == 11)
    assert reviewed(visit, dataset) == 1


def test_a_session_that_ends_in_the_middle_of_a_review_loses_nothing(
    visit: Visit, pixcrawler: Command, workspace: Path
) -> None:
    pixcrawler("users", "create", "ada@example.org", "--admin", environment={"PIXCRAWLER_PASSWORD": PASSWORD})
    page = visit.page
    page.get_by_role("button", name="Menu of").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "ada@example.org")
    dataset = crowd(visit, workspace, 12)
    ready(visit, dataset, 12)
    with closing(sqlite3.connect(workspace / "catalog.db")) as catalog, catalog:
        catalog.execute("UPDATE login_session SET revoked_at = '2026-01-01 00:00:00'")
    page.wait_for_timeout(2500)  # a credential is remembered for two seconds
    page.keyboard.press("r")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Sign in again")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=15_000)
    assert reviewed(visit, dataset) == 2
    page.get_by_role("listbox").focus()
    page.keyboard.press("z")
    until(lambda: count(visit, dataset) == 11)


def test_images_are_moved_and_labelled(visit: Visit, workspace: Path) -> None:
    page, dataset = visit.page, visit.dataset()
    job = {"keywords": ["birds", "castle"], "max_images": 4}
    tables = {**TABLES, "job": job, "labels": {"labelers": ["category"]}}
    number = visit.api("POST", "/jobs", {"dataset": dataset, "tables": tables})["id"]
    visit.open(f"/jobs/{number}")
    expect(page.get_by_text("completed", exact=True)).to_be_visible(timeout=30_000)
    visit.open(f"/datasets/{dataset}/images?category=birds")
    there = count(visit, dataset, category="birds")
    tiles(page).first.dblclick()
    viewer = page.get_by_role("dialog", name="birds")
    viewer.get_by_role("button", name="Label").click()
    dialog = page.get_by_role("dialog", name="Label 1 image")
    dialog.get_by_label("Label", exact=True).fill("<b>owl</b>")
    dialog.get_by_role("button", name="Keep").click()
    expect(page.get_by_text(KEPT)).to_be_attached(timeout=15_000)
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="Move 1 image")
    dialog.get_by_label("Category").select_option("castle")
    dialog.get_by_role("button", name="Move").click()
    until(lambda: count(visit, dataset, category="birds") == there - 1)
    until(lambda: "<b>owl</b>" in labels_of(visit, dataset))
    moved = visit.api("GET", f"/datasets/{dataset}/review")["items"]
    assert [each["category"] for each in moved if each["decision"] == "move"] == ["castle"]


def labels_of(visit: Visit, dataset: str) -> list[str]:
    """Names of labels of all images."""
    items = visit.api("GET", f"/datasets/{dataset}/images")["items"]
    images = [visit.api("GET", f"/images/{each['id']}") for each in items]
    return [label["name"] for each in images for label in each["labels"]]


def test_the_page_begins_while_the_server_has_too_much_to_do(site: Site, context: BrowserContext) -> None:
    link, page = site.start("--without-worker"), context.new_page()
    refusals = {"/auth/one-time": 1, "/me": 2, "/jobs": 1}

    def refuse(route: Route) -> None:
        path = route.request.url.partition("/api/v1")[2].partition("?")[0]
        if refusals.get(path, 0) == 0:
            return route.continue_()
        refusals[path] -= 1
        return route.fulfill(status=503, headers={"Retry-After": "1"}, body="")

    page.route("**/api/v1/**", refuse)
    page.goto(link)
    expect(page.get_by_text("No job yet")).to_be_visible(timeout=20_000)
    assert sum(refusals.values()) == 0
    refusals["/me"] = 99
    page.reload()
    expect(page.get_by_text("The server answers 503. Try again in a moment.")).to_be_visible(timeout=20_000)
    refusals["/me"] = 0
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No job yet")).to_be_visible(timeout=20_000)
