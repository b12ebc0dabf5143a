"""The page in trouble: hostile text, sessions that ended, a network that breaks, a server that stops."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.conftest import Command, until
from tests.server import relay
from tests.server.test_serve import free_port
from tests.web.conftest import Site, Visit

OWNED = "window.owned=1"
TEXT = (
    f"</script><script>{OWNED}</script><img src=x onerror={OWNED}>\" onmouseover='{OWNED}' "
    f"${{{OWNED}}} {{{{7*7}}}}"
)
PASSWORD = "correct horse battery"  # noqa: S105  # of nobody

pytestmark = pytest.mark.drill


def test_hostile_names_are_text(visit: Visit) -> None:
    dataset = visit.dataset(TEXT)
    tables = {"job": {"name": "x <b>bold</b>", "keywords": [f"<img src=x onerror={OWNED}>"], "max_images": 1}}
    job = visit.api("POST", "/jobs", {"dataset": dataset, "tables": tables, "draft": True})["id"]
    visit.api("PATCH", "/me", {"full_name": TEXT[:200]})
    page = visit.page
    for path in ("/jobs", f"/jobs/{job}", "/new", f"/jobs/{TEXT.replace('/', '%2F').replace('%', '%25')}"):
        visit.open(path)
        page.get_by_role("button", name="Menu of").click()
        expect(page.locator(".menu-note").first).to_contain_text("<script>")
        assert page.evaluate("window.owned") is None
    visit.open(f"/jobs/{job}")
    expect(page.get_by_role("heading", name="x <b>bold</b>")).to_be_visible()
    assert page.locator("main img").count() == 0


def test_an_id_in_an_address_does_not_lead_to_another_call(visit: Visit) -> None:
    page, asked = visit.page, []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/datasets/x%2F..%2F..%2Fadmin%2Fusers", "/projects/..%2Fadmin%2Fusers"):
        visit.open(path)
        expect(page.locator("main")).to_contain_text("There is nothing here")
    assert [url for url in asked if "/admin/users" in url.partition("/api/v1")[2]] == []


def test_nothing_is_lost_when_a_session_ends(
    visit: Visit, pixcrawler: Command, workspace: Path, context: BrowserContext
) -> None:
    pixcrawler("users", "create", "ada@example.org", "--admin", environment={"PIXCRAWLER_PASSWORD": PASSWORD})
    page = visit.page
    page.get_by_role("button", name="Menu of").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    visit.open("/new")
    page.get_by_label("Keywords").first.fill("red panda")
    expect(page.get_by_label("Job file", exact=True)).to_contain_text("red panda")
    expect(page.get_by_role("definition").first).to_have_text("100")  # the estimate is there
    with closing(sqlite3.connect(workspace / "catalog.db")) as catalog, catalog:
        catalog.execute("UPDATE login_session SET revoked_at = '2026-01-01 00:00:00'")
    page.wait_for_timeout(2500)  # a credential is remembered for two seconds
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_role("heading", name="Sign in again")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("draft", exact=True)).to_be_visible()
    assert len(visit.api("GET", "/jobs")["items"]) == 1


def ordered(visit: Visit, *, draft: bool = False) -> int:
    """A job, whose page is shown."""
    found = ["birds", "ruins", "mammals", "buildings", "flowers"]
    asked = [f"nothing {number}" for number in range(20)]  # half a second each, so that it takes a while
    tables: dict[str, Any] = {"job": {"keywords": [*found, *asked], "max_images": 500}}
    tables["sources"] = {"engines": ["openverse", "wikimedia"]}
    dataset = visit.dataset()
    job = int(visit.api("POST", "/jobs", {"dataset": dataset, "tables": tables, "draft": draft})["id"])
    visit.open(f"/jobs/{job}")
    return job


def test_a_network_that_breaks_is_told_and_comes_back(visit: Visit, context: BrowserContext) -> None:
    job, page = ordered(visit, draft=True), visit.page
    context.set_offline(True)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    context.set_offline(False)
    assert visit.api("GET", f"/jobs/{job}")["status"] == "draft"
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("cancelled", exact=True)).to_be_visible()
    assert visit.api("GET", f"/jobs/{job}")["status"] == "cancelled"


def test_a_page_that_is_loaded_anew_while_it_exchanges_its_token_stays_signed_in(
    visit: Visit, site: Site
) -> None:
    """A token that comes twice would end the session, and its answer has not come yet."""
    page, port = visit.page, free_port()
    ends = (f"127.0.0.1:{port}", f"127.0.0.1:{site.port}")
    with ExitStack() as stack:
        slow = subprocess.Popen([sys.executable, relay.__file__, *ends, "/auth/refresh", "0.5"])
        stack.enter_context(slow)
        stack.callback(slow.kill)
        until(partial(answers, port))
        with page.expect_request("**/auth/refresh"):
            page.goto(f"http://127.0.0.1:{port}", wait_until="commit")
        page.wait_for_timeout(100)
        page.reload()
        expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible(timeout=15_000)


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with closing(socket.socket()) as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def test_a_server_that_starts_again_is_followed_on(visit: Visit, site: Site) -> None:
    job, page = ordered(visit), visit.page
    expect(page.get_by_text("running", exact=True)).to_be_visible(timeout=20_000)
    site.stop()
    expect(page.get_by_text("reconnecting …")).to_be_visible(timeout=20_000)
    site.start()
    expect(page.get_by_text("reconnecting …")).to_be_hidden(timeout=30_000)
    expect(page.get_by_text("completed short", exact=True)).to_be_visible(timeout=50_000)
    assert visit.api("GET", f"/jobs/{job}")["status"] == "completed_short"
    expect(page.get_by_text("Sources had no more")).to_be_visible()
    expect(page.get_by_role("link", name="Crawl more")).to_have_attribute(
        "href", re.compile(r"/new\?dataset=.")
    )
    categories = page.get_by_role("region", name="Categories")
    expect(categories.get_by_role("progressbar")).to_have_count(12)
    categories.get_by_role("button", name="Show all 25").click()
    expect(categories.get_by_role("progressbar")).to_have_count(25)


def test_a_page_whose_scripts_do_not_come_says_so(visit: Visit) -> None:
    page = visit.page
    page.route("**/lib/router.js", lambda route: route.abort())
    page.goto(f"{visit.base}/jobs")
    expect(page.get_by_role("alert")).to_contain_text("The page could not be loaded")
    page.unroute("**/lib/router.js")
    page.get_by_role("link", name="Load it again").click()
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    assert page.url == f"{visit.base}/jobs"


def test_what_is_not_there_is_said(visit: Visit) -> None:
    for path, told in (
        ("/jobs/999", "There is no such job"),
        ("/datasets/none", "There is no such dataset"),
        ("/jobs/x/y/z", "There is nothing here"),
    ):
        visit.open(path)
        expect(visit.page.get_by_text(told)).to_be_visible()
        assert visit.page.url == f"{visit.base}{path}"
