"""The web page in a real headless Chromium, on a real server that knows the simulated web."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from pixcrawler_core.browser import launch_options
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import CHECKOUT, Command, until, wait
from tests.server.test_serve import free_port

LINK = re.compile(r"http://\S+#token=\S+")
ENGINES = ("openverse", "wikimedia")
AXE = CHECKOUT / ".cache/axe/node_modules/axe-core/axe.min.js"
EXPECTED = re.compile(
    r"responded with a status of (400|401|403|404|409|422|503)|net::ERR_(INTERNET|CONN|EMPTY|NETW|INC|FAILED)"
)
"""What Chromium says of answers that a page has to live with."""

PASSWORD = "correct horse battery"  # noqa: S105  # of users that are not
"""Of all users that tests make."""


class Site:
    """`pixcrawler serve`, which can be stopped and started again on its port."""

    def __init__(self, pixcrawler: Command) -> None:
        self._pixcrawler = pixcrawler
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> str:
        """Start it; the link that signs in."""
        told = ("serve", "--bind", f"127.0.0.1:{self.port}", "--no-browser", *options)
        self._process = self._pixcrawler.start(*told, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        said = self._process.stdout.readline() + self._process.stdout.readline()
        found = LINK.search(said)
        assert found is not None, said
        until(self._answers)
        return found[0]

    def stop(self) -> None:
        """Stop it."""
        assert self._process is not None
        self._process.terminate()
        wait(self._process)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base}/health/ready", timeout=2):  # noqa: S310  # ours
                return True
        except (OSError, urllib.error.HTTPError):
            return False


class Visit:
    """Somebody in a browser; what goes wrong in the page is in `faults`."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._said)

    def _said(self, message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.faults.append(message.text)

    def open(self, path: str) -> None:
        """Go to an address of the page, and wait for its heading."""
        self.page.goto(f"{self.base}{path}")
        expect(self.page.locator("main h1")).to_be_attached()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API in the name of whoever is signed in."""
        told = self.page.evaluate("sessionStorage.getItem('pixcrawler.session')")
        answer = self.page.request.fetch(
            f"{self.base}/api/v1{path}",
            method=method,
            headers={"Authorization": f"Bearer {json.loads(told)['token']}"},
            data=body,
        )
        assert answer.ok, answer.text()
        return answer.json() if answer.text() else None

    def dataset(self, name: str = "Animals") -> str:
        """A new dataset in a new project."""
        project = self.api("POST", "/projects", {"name": f"Project of {name}"})["id"]
        return str(self.api("POST", "/datasets", {"name": name, "project_id": project})["id"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; not of the session, since Playwright's event loop runs as long as it is there."""
    if "executable_path" not in launch_options():
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium; .ci/run should have installed it")
        pytest.skip("there is no Chromium on this machine (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(**launch_options())
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    yield found
    found.close()


@pytest.fixture
def site(pixcrawler: Command, workspace: Path, web: SimulatedWeb) -> Site:
    """A server that is not started yet, whose jobs ask the simulated web, half a second a question."""
    workspace.mkdir()
    lines = [
        "[crawl]",
        'contact = "https://example.org/bot"',
        'allow_private_hosts = ["127.0.0.1", "localhost"]',
    ]
    for engine in ENGINES:
        lines += [
            f"[crawl.sources.{engine}]",
            f"endpoint = {json.dumps(web.endpoint(engine))}",
            "delay = 0.5",
        ]
    (workspace / "server.toml").write_text("\n".join(lines))
    return Site(pixcrawler)


@pytest.fixture
def visit(site: Site, context: BrowserContext) -> Iterator[Visit]:
    """Somebody who came in by the link of the terminal."""
    link = site.start()
    visit = Visit(context.new_page(), site.base)
    visit.page.goto(link)
    expect(visit.page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    yield visit
    assert visit.faults == []


Come = Callable[[str], Visit]


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fill in the form that is shown."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Menu of")).to_be_visible()


@pytest.fixture
def come(visit: Visit, site: Site, pixcrawler: Command, browser: Browser) -> Iterator[Come]:
    """Has an ordinary user come with a browser of their own: `come("ada@example.org")`."""
    there: list[tuple[BrowserContext, Visit]] = []

    def arrive(email: str) -> Visit:
        pixcrawler("users", "create", email, environment={"PIXCRAWLER_PASSWORD": PASSWORD})
        context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
        new = Visit(context.new_page(), site.base)
        there.append((context, new))
        new.open("/account/sign-in")
        sign_in(new.page, email)
        return new

    yield arrive
    for context, new in there:
        context.close()
        assert new.faults == []
