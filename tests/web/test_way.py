"""The way through the page: in, a new crawl, its job as it runs, out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pixcrawler_server.opening import show_privately
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import Command
from tests.web.conftest import PASSWORD, Site, Visit

JOB = """
[job]
name = "From a file"
max_images = 3
validation = "medium"

[[category]]
name = "ruins"
keywords = ["ruins", "castle"]

[sources]
engines = ["openverse"]

[dedup]
methods = ["sha256", "phash"]
"""


def test_the_link_of_the_terminal_signs_in_once(site: Site, context: BrowserContext) -> None:
    link, page = site.start("--without-worker"), context.new_page()
    page.goto(link)
    expect(page.get_by_text("No job yet")).to_be_visible()
    assert page.url == f"{site.base}/"
    again = {"token": link.partition("#token=")[2]}
    told = page.request.post(f"{site.base}/api/v1/auth/one-time", data=again)
    assert (told.status, told.json()["error"]["code"]) == (400, "BAD_REQUEST")


def test_a_link_of_somebody_else_asks_first(site: Site, context: BrowserContext, pixcrawler: Command) -> None:
    link, page = site.start("--without-worker"), context.new_page()
    page.goto(link)
    expect(page.get_by_text("No job yet")).to_be_visible()
    pixcrawler("users", "create", "bob@example.org", environment={"PIXCRAWLER_PASSWORD": PASSWORD})
    token = pixcrawler("users", "link", "bob@example.org").stdout.partition("#token=")[2].split()[0]
    other = context.new_page()  # another tab: the session is in the cookie alone
    other.goto(f"{site.base}/account/sign-in#token={token}")
    expect(other.get_by_text("You are signed in as admin@localhost")).to_be_visible()
    other.get_by_role("button", name="Sign in as somebody else").click()
    other.wait_for_url(f"{site.base}/")
    other.get_by_role("button", name="Menu of").click()
    expect(other.locator(".menu-note").first).to_contain_text("bob@example.org")
    assert other.url == f"{site.base}/"


def order(page: Page, images: int = 4) -> None:
    """Fill in the form for a new crawl, and begin it."""
    page.get_by_label("Keywords").first.fill("birds")
    page.get_by_role("button", name="Add a category").click()
    page.get_by_label("Keywords").nth(1).fill("ruins")
    page.get_by_label("Images in each category").fill(str(images))
    for source in page.locator(".source").all():
        source.get_by_role("checkbox").set_checked(source.inner_text().startswith("openverse"))
    expect(page.get_by_role("definition").first).to_have_text(str(2 * images))
    page.get_by_role("button", name="Start the crawl").click()
    page.wait_for_url(re.compile(r"/jobs/\d+$"))


@pytest.mark.drill
def test_from_a_new_crawl_to_its_pictures(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("link", name="New crawl").last.click()
    expect(page.get_by_role("heading", name="New crawl")).to_be_focused()
    order(page)
    expect(page.get_by_text("running", exact=True)).to_be_visible(timeout=20_000)
    page.reload()
    expect(page.get_by_text("completed", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("8 of 8 images")).to_be_visible()
    pictures = page.get_by_role("region", name="Accepted last").get_by_role("img")
    expect(pictures).to_have_count(8, timeout=15_000)  # they stay for five seconds, then come newer ones
    assert all(each.evaluate("image => image.naturalWidth > 0") for each in pictures.all())
    page.get_by_role("link", name="Jobs").first.click()
    expect(page.get_by_role("link", name="birds, ruins")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="birds", exact=True)).to_be_focused()
    assert page.title() == "birds: completed · PixCrawler"


@pytest.mark.drill
def test_a_job_is_paused_goes_on_and_is_cancelled(visit: Visit) -> None:
    dataset = visit.dataset()
    tables = {
        "job": {"keywords": ["birds", "ruins", "mammals"], "max_images": 200},
        "sources": {"engines": ["openverse", "wikimedia"]},
    }
    job = visit.api("POST", "/jobs", {"dataset": dataset, "tables": tables, "draft": True})["id"]
    page = visit.page
    visit.open(f"/jobs/{job}")
    page.get_by_role("button", name="Start the crawl").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("paused", exact=True)).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("cancelled", exact=True)).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert visit.api("GET", f"/jobs/{job}")["status"] == "cancelled"


@pytest.mark.drill
def test_a_job_file_fills_the_form_and_comes_back(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "job.toml"
    file.write_text(JOB)
    visit.open("/new")
    page = visit.page
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_label("Keywords").first).to_have_value("ruins, castle")
    expect(page.get_by_label("Name of the dataset")).to_have_value("From a file")
    expect(page.get_by_role("radio", name="medium")).to_be_checked()
    shown = page.get_by_label("Job file", exact=True)
    expect(shown).to_contain_text("phash")
    assert shown.inner_text().strip().startswith("[job]")
    file.write_text("[job\n")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("status").get_by_text("not valid TOML")).to_be_visible()
    file.write_text('[job]\nname = "x"\nkeywords = ["a"]\nvalidation = "thorough"\n')
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("1 thing to mend:")).to_be_visible()
    expect(page.get_by_role("button", name="Start the crawl")).to_be_disabled()


@pytest.mark.drill
def test_keywords_are_found_and_ticked(visit: Visit) -> None:
    visit.open("/new")
    page = visit.page
    page.get_by_label("Keywords").first.fill("dog")
    page.get_by_role("button", name="Find more keywords").click()
    page.get_by_role("checkbox", name="wordnet").uncheck()
    page.get_by_role("button", name="Look", exact=True).click()
    page.get_by_role("checkbox", name="dogs plural, 0.95").check()
    expect(page.get_by_label("Keywords").first).to_have_value("dog, dogs")
    page.get_by_role("checkbox", name="dogs plural").uncheck()
    expect(page.get_by_label("Keywords").first).to_have_value("dog")
    assert visit.api("GET", "/jobs")["items"] == []


@pytest.mark.drill
def test_who_signs_out_is_out(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Menu of").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{visit.base}/jobs")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('pixcrawler.session')") is None


@pytest.mark.drill
def test_a_browser_comes_in_by_the_file_that_is_opened_for_it(
    site: Site, context: BrowserContext, workspace: Path
) -> None:
    link, page = site.start(), context.new_page()
    show_privately(link, workspace, page.goto, patience=1)
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    assert "token" not in page.url
