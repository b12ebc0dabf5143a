"""What open pages on a running job cost the server: CPU time of the process that answers, not of the worker.

Each page is a tab of a real Chromium with cookies and a cache of its own, as if somebody else looked. The job
crawls the simulated web.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pictures import large_crops
from playwright.sync_api import Browser, Page

from pixcrawler_core.testing.web import SimulatedWeb

ENGINES = ("openverse",)
KEYWORDS = ("birds", "buildings", "castles", "fish", "landscapes", "mammals", "monuments", "ruins")
SETTLE = 5
"""Seconds that pages have to come to rest."""
KEPT = "pixcrawler.session"
SETTINGS = """
[places]
streams_of_user = 100
[crawl]
contact = "https://example.org/bot"
allow_private_hosts = ["127.0.0.1", "localhost"]
"""


@contextmanager
def simulated(workspace: Path) -> Iterator[None]:
    """The simulated web, known to the server of a workspace."""
    with SimulatedWeb(large_crops(1000, 1)) as web:
        lines = [SETTINGS]
        for engine in ENGINES:
            lines += [f"[crawl.sources.{engine}]", f'endpoint = "{web.endpoint(engine)}"', "delay = 4"]
        workspace.mkdir()
        (workspace / "server.toml").write_text("\n".join(lines))
        yield


def cpu(process: int) -> float:
    """Seconds of CPU that a process and its children took, but for the worker, which has its own session."""
    tick = os.sysconf("SC_CLK_TCK")
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    taken = (int(fields[11]) + int(fields[12])) / tick
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return taken + sum(cpu(int(child)) for child in children if not _is_worker(int(child)))


def _is_worker(process: int) -> bool:
    return os.getsid(process) == process


def order(page: Page, base: str) -> int:
    """A job that goes on for minutes."""
    token = page.evaluate(f"JSON.parse(sessionStorage.getItem('{KEPT}')).token")
    headers = {"Authorization": f"Bearer {token}"}

    def ask(path: str, body: dict[str, object]) -> dict[str, object]:
        answer = page.request.post(f"{base}/api/v1{path}", headers=headers, data=body)
        if not answer.ok:
            raise SystemExit(answer.text())
        found: dict[str, object] = answer.json()
        return found

    project = ask("/projects", {"name": "Watched"})["id"]
    dataset = ask("/datasets", {"name": "Watched", "project_id": project})["id"]
    tables = {
        "job": {"keywords": list(KEYWORDS), "max_images": 500},
        "sources": {"engines": list(ENGINES)},
    }
    return int(str(ask("/jobs", {"dataset": dataset, "tables": tables})["id"]))


def watched(
    browser: Browser, page: Page, base: str, *, pages: int, seconds: float, process: int
) -> tuple[float, float]:
    """Shares of a core that the server takes while nobody looks at a running job, and while so many do."""
    job = order(page, base)
    page.goto(f"{base}/jobs/{job}")
    page.get_by_text("running", exact=True).wait_for(timeout=60_000)
    session = page.evaluate(f"sessionStorage.getItem('{KEPT}')")
    page.goto("about:blank")
    alone = _share(page, process, seconds)
    there = [_come(browser, base, job, session) for _ in range(pages)]
    page.wait_for_timeout(SETTLE * 1000)
    both = _share(page, process, seconds)
    for each in there:
        if not each.get_by_text("running", exact=True).is_visible():
            raise SystemExit("the job ended too soon, or a page has lost it")
    return alone, both


def _share(page: Page, process: int, seconds: float) -> float:
    begun, before = time.monotonic(), cpu(process)
    page.wait_for_timeout(seconds * 1000)
    return (cpu(process) - before) / (time.monotonic() - begun)


def _come(browser: Browser, base: str, job: int, session: str) -> Page:
    page = browser.new_context().new_page()
    page.add_init_script(f"sessionStorage.setItem('{KEPT}', {session!r})")
    page.goto(f"{base}/jobs/{job}")
    page.get_by_text("running", exact=True).wait_for(timeout=60_000)
    return page
