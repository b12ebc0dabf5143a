"""Whole runs over web pages and feeds that the job names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command
from tests.e2e.jobs import check_dataset, dataset, ledger, manifest


def write_job(
    path: Path,
    engine: str,
    options: Mapping[str, Any],
    categories: tuple[str, ...] = ("castles",),
    max_images: int = 500,
) -> Path:
    """A job that takes images from addresses of the simulated web."""
    lines = ["[job]", f"name = {json.dumps(path.stem)}", f"max_images = {max_images}", "report = false"]
    lines += [f"keywords = {json.dumps(categories)}", "[sources]", f"engines = {json.dumps([engine])}"]
    lines += [f"[sources.{engine}]", "delay = 0"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in options.items()]
    lines += ["[fetch]", 'contact = "https://example.org/bot"', "retries = 1"]
    lines += ['allow_private_hosts = ["127.0.0.1", "localhost"]', ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def of_category(web: SimulatedWeb, *categories: str) -> set[str]:
    """Digests of the photographs of these categories; of all without any."""
    found = web.photographs()
    return {each["sha256"] for each in found if not categories or each["category"] in categories}


def visited(web: SimulatedWeb) -> list[str]:
    """Host and path of all requests for web pages."""
    return [
        f"{each['host']}{each['path']}"
        for each in web.log()
        if not each["path"].startswith(("/photographs", "/thumb", "/robots.txt", "/.well-known"))
    ]


def test_a_whole_site(tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb) -> None:
    options = {"start": [web.url("/site/", "robots-disallow-path")], "depth": 2}
    done = pixcrawler("run", write_job(tmp_path / "zoo.toml", "site", options), "--json")
    assert set(dataset(workspace, "zoo").values()) == of_category(web), done.stderr
    check_dataset(workspace, "zoo")
    pages = visited(web)
    assert len(pages) == len(set(pages)), "every page once"
    assert {page.partition("/")[0] for page in pages} == {"robots-disallow-path.localhost"}
    assert not [page for page in pages if "/secret" in page or "/private" in page]
    assert [page for page in pages if page.endswith("/shy")]
    rows = {row["sha256"]: row for row in ledger(workspace, "zoo") if row["state"] == "accepted"}
    assert len(rows) == len(of_category(web))
    licences = [each["licence"] for each in manifest(workspace, "zoo")["images"]]
    assert any(licences), "figures and linked data tell licences"


def test_only_what_matches_the_keyword(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    options = {"start": [web.url("/site/", "gallery")], "depth": 2, "match": "keywords"}
    pixcrawler("run", write_job(tmp_path / "two.toml", "site", options, ("castle", "ruins")))
    found = dataset(workspace, "two")
    castles = {digest for path, digest in found.items() if path.startswith("categories/castle/")}
    assert castles >= of_category(web, "castles")
    ruins = {digest for path, digest in found.items() if path.startswith("categories/ruins/")}
    assert ruins >= of_category(web, "ruins")
    assert len(found) < len(of_category(web)) / 2


@pytest.mark.drill
def test_a_walk_that_had_enough_goes_on_later(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    options = {"start": [web.url("/site/", "gallery")], "depth": 2}
    job = write_job(tmp_path / "more.toml", "site", options, max_images=5)
    assert pixcrawler("run", job).code == 0
    assert len(dataset(workspace, "more")) == 5
    first = visited(web)
    write_job(job, "site", options)
    pixcrawler("run", job)
    assert set(dataset(workspace, "more").values()) == of_category(web)
    pages = visited(web)
    assert pages[: len(first)] == first
    assert len(pages) == len(set(pages)), "what was visited before is not visited again"


@pytest.mark.parametrize("name", ["sitemap.xml", "sitemap-index.xml"])
def test_a_sitemap(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, name: str
) -> None:
    options = {"start": [web.url(f"/site/{name}", "gallery")], "depth": 0}
    pixcrawler("run", write_job(tmp_path / "map.toml", "site", options))
    assert set(dataset(workspace, "map").values()) == of_category(web)
    assert all(each["licence"] for each in manifest(workspace, "map")["images"])
    assert len(visited(web)) == (2 if "index" in name else 1)


@pytest.mark.parametrize(
    ("host", "told"), [("robots-disallow-all", "blocked"), ("photos-1", "HTTP 404"), ("robots-500", "")]
)
def test_a_site_that_does_not_answer(
    tmp_path: Path, pixcrawler: Command, web: SimulatedWeb, host: str, told: str
) -> None:
    path = "/site/gone" if host == "photos-1" else "/site/"
    options = {"start": [web.url(path, host)], "depth": 0}
    done = pixcrawler("run", write_job(tmp_path / "none.toml", "site", options), "--json")
    assert done.code != 0
    assert told in done.stdout
    if host == "robots-disallow-all":
        assert not visited(web)


@pytest.mark.parametrize(
    "kind",
    ["rss", pytest.param("atom", marks=pytest.mark.drill), pytest.param("json", marks=pytest.mark.drill), ""],
)
def test_feeds(tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, kind: str) -> None:
    options = {"start": [web.url(f"/feed/{kind}", "blog")]}
    pixcrawler("run", write_job(tmp_path / "news.toml", "feed", options))
    assert set(dataset(workspace, "news").values()) == of_category(web)
    check_dataset(workspace, "news")
    images = manifest(workspace, "news")["images"]
    assert all(each["licence"] for each in images) is (kind != "json")
    assert len({each["title"] for each in images}) > len(images) / 2


def test_parse_and_crawl(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb) -> None:
    page = tmp_path / "page.html"
    page.write_text("<title>x</title><img src=a.jpg alt='A'>")
    done = pixcrawler("sources", "parse", "site", page, "--url", "https://zoo.example/x/", "--json")
    assert json.loads(done.stdout)["image_url"] == "https://zoo.example/x/a.jpg"
