"""The page of a dataset in a real headless Chromium."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pixcrawler_core.assembly.manifest import IMAGES
from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.browser import launch_options
from pixcrawler_core.report.page import write_report
from pixcrawler_core.testing.web import SimulatedWeb
from tests.e2e.reviews import NAME, finish

OWNED = "window.owned=1"
TEXT = (
    f"</script></style><script>{OWNED}</script><img src=https://evil.example/x onerror={OWNED}>"
    f"<svg onload={OWNED}>\" onmouseover='{OWNED}' {{{{7*7}}}} {{% raw %}} <!-- <script> & "
    "\u2028\u202e\x00 $x$ 日本"
)
URL = f"javascript:{OWNED}//https://evil.example/"


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, running_photographs: SimulatedWeb) -> Path:
    """The folder of a job that was run, and wrote its page."""
    return finish(tmp_path_factory.mktemp("reported"), running_photographs, report=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if "executable_path" not in launch_options():
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium; .ci/run should have installed it")
        pytest.skip("there is no Chromium on this machine (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(**launch_options())
        yield found
        found.close()


@pytest.fixture(scope="module")
def hostile(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose dataset has hostile text in every field that can hold text."""
    folder = tmp_path_factory.mktemp("hostile") / "dataset"
    shutil.copytree(finished / f"workspace/datasets/dataset-{NAME}", folder)
    _spoil_manifest(folder / "manifest.json")
    _spoil_ledger(folder / "metadata/ledger.parquet")
    return write_report(folder, BlobStore(finished / "workspace/blobs")).path


def _spoil_manifest(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    entries = [_spoilt(entry, TEXT) for entry in told["images"]]
    head = dict.fromkeys(("pixcrawler", "dataset", "name", "created_at"), TEXT)
    categories = {TEXT: {"wanted": 10, "accepted": len(entries)}}
    begin = json.dumps({**head, "categories": categories}, indent=1).removesuffix("\n}")
    path.write_text(f"{begin},\n{IMAGES}\n" + ",\n".join(map(json.dumps, entries)) + "\n],\n}", "utf-8")


def _spoilt(entry: Mapping[str, Any], text: str) -> dict[str, Any]:
    urls = dict.fromkeys(("url", "final_url", "page", "creator_url", "licence_url"), URL)
    texts = dict.fromkeys(("sha256", "format", "category", "split", "title", "creator", "licence"), text)
    texts["attribution"] = text
    found = dict.fromkeys(("engine", "query"), text) | {"consent": {"robots_txt": text, text: text}}
    label = {"name": text, "source": text, "score": 0.5}
    return {**entry, **urls, **texts, **found, "labels": [label], "scores": {text: {"score": 0.5}}}


def _spoil_ledger(path: Path) -> None:
    table = pq.read_table(path)
    texts = dict.fromkeys(("title", "detail", "category", "engine"), TEXT)
    urls = dict.fromkeys(("url", "page_url", "final_url"), URL)
    rows = [{**row, **texts, **urls, "reason": row["reason"] and TEXT} for row in table.to_pylist()]
    rows[1] |= {"state": "duplicate", "duplicate_of": rows[0]["id"]}
    rows[2] |= {"state": "duplicate", "duplicate_of": rows[0]["id"], "detail": f"({TEXT}, distance 4)"}
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that must load nothing from elsewhere, run nothing but the page's script, and meet no error."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("dialog", lambda dialog: wrong.append(dialog.message))
    tab.on("request", lambda request: _seen(request.url, wrong))
    yield tab
    assert tab.evaluate("window.owned") is None
    assert wrong == []
    context.close()


def _seen(url: str, wrong: list[str]) -> None:
    if not url.startswith(("file:///", "data:image/webp;base64,")):
        wrong.append(url)


@pytest.fixture
def friendly(finished: Path, tmp_path: Path) -> Path:
    """The page of a finished dataset."""
    path: Path = finished / f"workspace/datasets/dataset-{NAME}/report.html"
    return path


def open_gallery(tab: Page, path: Path) -> None:
    """Open a page and scroll to its gallery, which shows only what is on the screen."""
    tab.goto(path.as_uri())
    tab.locator("#gallery").evaluate("each => each.scrollIntoView({behavior: 'instant'})")
    tab.locator(".tile").first.wait_for()


def test_hostile_text_is_shown_and_does_nothing(hostile: Path, tab: Page) -> None:
    tab.goto(hostile.as_uri())
    assert tab.locator("h1").inner_text().startswith("</script></style><script>window.owned=1")
    assert "{{7*7}}" in tab.locator("h1").inner_text()
    for reason in tab.locator("details").all():
        reason.evaluate("each => each.open = true")
    tab.locator(".card button").first.click()
    tab.locator(".tile").first.click()
    assert tab.locator("dialog dd").count() > 10
    assert tab.locator("script").count() == tab.locator("script[type]").count() + 1
    assert tab.locator("svg[onload], img[onerror], [onmouseover], h1 *:not(bdi)").count() == 0
    schemes = tab.evaluate("[...new Set([...document.querySelectorAll('a')].map(each => each.protocol))]")
    assert schemes == ["file:"]
    assert tab.evaluate("[...document.images].every(each => each.src.startsWith('data:image/webp;base64,'))")


def test_links_into_the_web_hide_where_they_come_from(friendly: Path, tab: Page) -> None:
    open_gallery(tab, friendly)
    tab.locator(".tile").first.click()
    links = tab.locator("a[href^=http]")
    assert links.count() > 3
    assert {each.get_attribute("rel") for each in links.all()} == {"noopener noreferrer"}
    local = tab.locator("dialog a[href^=categories]")
    assert (friendly.parent / str(local.get_attribute("href"))).is_file()


def test_the_gallery_is_filtered(friendly: Path, tab: Page) -> None:
    open_gallery(tab, friendly)
    assert tab.locator("#status").inner_text() == "8 pictures"
    assert tab.locator("#pictures h3").count() == 2
    tab.locator("[name=category]").select_option(label="birds (4)")
    assert tab.locator("#status").inner_text() == "4 of 8 pictures"
    title = tab.locator(".tile .name").nth(2).inner_text()
    tab.locator("[type=search]").fill(title.upper())
    assert tab.locator("#status").inner_text() == "1 of 8 pictures"
    tab.locator("[type=reset]").click()
    expect(tab.locator("#status")).to_have_text("8 pictures")
    tab.locator("[type=search]").fill("no such title")
    assert tab.locator(".tile").count() == 0


def test_the_gallery_by_keyboard(friendly: Path, tab: Page) -> None:
    open_gallery(tab, friendly)
    names = tab.locator(".tile .name").all_inner_texts()
    tab.locator(".tile").first.focus()
    assert tab.locator(".tile[tabindex='0']").count() == 1
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Enter"):
        tab.keyboard.press(key)
    assert tab.locator("#viewer-title").inner_text() == names[1]
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#viewer-title").inner_text() == names[2]
    tab.keyboard.press("Escape")
    expect(tab.locator(".tile").nth(2)).to_be_focused()


def test_a_phone_scrolls_in_one_direction_only(friendly: Path, hostile: Path, tab: Page) -> None:
    for path in (friendly, hostile):
        tab.goto(path.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
