"""`make bench-page`: how soon a gallery of 100,000 images is there, how smoothly it scrolls, and thumbnails;
what open pages on a running job cost the server.

A real server and a real headless Chromium on one machine, over loopback. The first rows of the gallery count
as interactive when all tiles in sight have their pictures. Thumbnails are made from cold by one thread.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measure import goal
from pictures import large_crops
from playwright.sync_api import Page, sync_playwright
from watching import simulated, watched

from pixcrawler_core.browser import launch_options
from pixcrawler_core.catalog.models import Project, User
from pixcrawler_core.testing.crowd import Crowd
from pixcrawler_core.thumbnails import drawn
from pixcrawler_core.workspace import Workspace

BASE = "http://127.0.0.1:8433"
LINK = re.compile(r"http://\S+#token=\S+")
DATASET = "large"
SIDE = 256
SHOWN = """() => {
  const tiles = [...document.querySelectorAll(".tile")].filter((tile) => {
    const box = tile.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  });
  return tiles.length > 0 && tiles.every((tile) => tile.querySelector("img")?.complete);
}"""
SCROLL = """(pixels) => new Promise((done) => {
  const frames = [];
  let before = performance.now();
  const step = (now) => {
    frames.push(now - before);
    before = now;
    window.scrollBy(0, pixels);
    if (frames.length < 300) requestAnimationFrame(step);
    else done(frames.slice(1));
  };
  requestAnimationFrame(step);
})"""


def serve(folder: Path, *more: str) -> tuple[subprocess.Popen[str], str]:
    """A server, and the link that signs in."""
    program = Path(sys.executable).parent / "pixcrawler"
    options = ["serve", "--bind", BASE.removeprefix("http://"), "--no-browser", *more]
    process = subprocess.Popen(
        [program, *options], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    if process.stdout is None:
        raise SystemExit("the server says nothing")
    for line in process.stdout:
        if found := LINK.search(line):
            return process, found[0]
    raise SystemExit("the server does not start")


def fill(folder: Path, images: int, pictures: list[bytes]) -> None:
    """The dataset, in the workspace of the server that runs."""
    with Workspace(folder / "pixcrawler-data") as workspace:
        workspace.open()
        project = Project.create(owner=User.select().first(), name="Benchmark")
        crowd = Crowd(workspace=workspace, dataset=DATASET, name="Large", project=project.id)
        crowd.fill(images, pictures)


def come_in(page: Page, link: str) -> None:
    """Sign in, to the end: a page that is left while it signs in may have to do so again."""
    page.goto(link)
    page.get_by_role("heading", name="Jobs", exact=True).wait_for()


def opened(page: Page) -> float:
    """Seconds until the first rows are there."""
    begun = time.perf_counter()
    page.goto(f"{BASE}/datasets/{DATASET}/images", wait_until="commit")
    page.wait_for_function(SHOWN, timeout=60_000)
    return time.perf_counter() - begun


def thumbnails(pictures: list[Path]) -> float:
    """Thumbnails a second, each of a picture that was not looked at before, by one thread."""
    drawn(pictures[0], SIDE)  # imports what it needs
    begun = time.process_time()
    for path in pictures[1:]:
        drawn(path, SIDE)
    return (len(pictures) - 1) / (time.process_time() - begun)


def measure(link: str, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds to open, and milliseconds of frames while it scrolls."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        come_in(page, link)
        times = [opened(page) for _ in range(rounds)]
        frames = [each for pixels in (40, 400) for each in page.evaluate(SCROLL, pixels)]
        browser.close()
    return times, frames


def looked_at(folder: Path, pages: int, seconds: float) -> tuple[float, float]:
    """Shares of a core that the server takes beside a job: while nobody looks, and with so many pages."""
    with simulated(folder / "pixcrawler-data"), sync_playwright() as playwright:
        process, link = serve(folder)
        try:
            browser = playwright.chromium.launch(**launch_options())
            page = browser.new_page()
            come_in(page, link)
            return watched(browser, page, BASE, pages=pages, seconds=seconds, process=process.pid)
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    """Parse options, make the workspace, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        alone, beside = looked_at(Path(folder), options.pages, options.seconds)
    print(
        f"- server beside a job: {alone:.1%} of a core, with {options.pages} pages {beside:.1%}", flush=True
    )
    cost = beside - alone
    paths = sorted(large_crops(options.pictures, 7).rglob("*.jpg"))
    rate = thumbnails(paths)
    with TemporaryDirectory() as folder:
        process, link = serve(Path(folder), "--without-worker")
        try:
            fill(Path(folder), options.images, [path.read_bytes() for path in paths])
            times, frames = measure(link, options.rounds)
        finally:
            process.terminate()
            process.wait()
    late = sum(each > 50 for each in frames)
    print(f"- opened in {median(times):.2f} s (first {times[0]:.2f}, from cold), {options.images} images")
    print(f"- {len(frames)} frames: median {median(frames):.1f} ms, longest {max(frames):.1f} ms")
    print(f"- {rate:.0f} thumbnails of {SIDE} pixels a second of CPU", end="\n\n")
    print(goal(f"interactive under 1.5 s: {median(times):.2f} s", median(times) < 1.5))
    print(goal(f"no frame over 50 ms: {late}", late == 0))
    print(goal(f"200 thumbnails a second a core: {rate:.0f}", rate >= 200))
    print(goal(f"{options.pages} open pages under 5 % of a core: {cost:.1%}", cost < 0.05))


if __name__ == "__main__":
    main()
