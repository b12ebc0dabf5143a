"""The files of the page: how they are served, what they may weigh, and where those of others come from."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from pixcrawler_server.operations import Budget
from pixcrawler_server.resources.page import SECTIONS

from tests.conftest import CHECKOUT
from tests.server.conftest import Api, error_code

WEB = CHECKOUT / "server/pixcrawler_server/web"
MOST = 200_000
"""Bytes of all scripts, as they are sent."""
SOURCE = 300_000
"""Bytes of all scripts, as they are written."""
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|javascript:", re.IGNORECASE)
FORBIDDEN = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "srcdoc",
)
ADDRESS = re.compile(r"""["'`(]\s*(?:https?:)?//[a-z0-9]""", re.IGNORECASE)


def own_scripts() -> list[Path]:
    return [path for path in sorted(WEB.rglob("*.js")) if path.parent.name != "vendor"]


def test_all_scripts_together_are_small(api: Api) -> None:
    version = re.findall(r"/static/(\w+)/app.js", api.anonymous("GET", "//").text)[0]
    names = [path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js")]
    headers = {"Accept-Encoding": "gzip"}
    told = [api.anonymous("GET", f"//static/{version}/{name}", headers=headers) for name in names]
    assert {(each.status_code, each.headers["Content-Encoding"]) for each in told} == {(200, "gzip")}
    assert 0 < sum(len(each.content) for each in told) < MOST
    assert sum(len(gzip.decompress(each.content)) for each in told) < SOURCE


def test_files_of_others_are_as_they_were_recorded() -> None:
    told = tomllib.loads((WEB / "vendor/vendored.toml").read_text("utf-8"))["file"]
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (WEB / "vendor").glob("*.js")
    }
    assert {each["name"]: each["sha256"] for each in told} == found
    assert all(each["version"] and each["licence"] and each["source"] for each in told)
    assert all((WEB / f"vendor/LICENSE.{each['package']}").exists() for each in told)


def test_there_is_no_way_from_text_to_markup() -> None:
    assert not INLINE.search((WEB / "index.html").read_text("utf-8"))
    for path in own_scripts():
        text = path.read_text("utf-8")
        assert not [word for word in FORBIDDEN if word in text], path.name
        assert not ADDRESS.search(text), f"{path.name} names another host"


def test_blocks_of_styles_are_closed() -> None:
    """What follows an open `@media` holds for phones alone, and a browser says nothing about it."""
    for path in WEB.rglob("*.css"):
        depth = 0
        for line in path.read_text("utf-8").splitlines():
            assert depth == 0 or not line.startswith(("/*", ".", "@")), f"{path.name}: {line}"
            depth += line.count("{") - line.count("}")
        assert depth == 0, path.name


@pytest.mark.parametrize(
    "path",
    ["/", *(f"/{name}" for name in SECTIONS), "/jobs/12", "/jobs?status=failed", "/datasets/a/images/7"],
)
def test_the_page_is_there_whatever_view_is_asked(api: Api, path: str) -> None:
    shown = api.anonymous("GET", f"/{path}")
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    again = api.anonymous("GET", f"/{path}", headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_of_the_api_is_not_the_page(api: Api) -> None:
    for path in ("//api", "//api/v1/nothing", "//nothing", "//static", "//static/x"):
        assert error_code(api.anonymous("GET", path)) == "NOT_FOUND"


def test_files_are_kept_for_ever_under_the_version_of_all(api: Api) -> None:
    page = api.anonymous("GET", "//").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) > 5
    for path in files:
        found = api.anonymous("GET", f"/{path}")
        assert (found.status_code, found.headers["Cache-Control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )
        small = api.anonymous("GET", f"/{path}", headers={"Accept-Encoding": "br, gzip"})
        assert small.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.content) == found.content


def test_the_page_comes_however_much_there_is_to_do(api: Api) -> None:
    """A browser asks for no script a second time: without one of them there is no page."""
    file = re.findall(r'src="(/static/[^"]+)"', api.anonymous("GET", "//").text)[0]
    taken = [api.services.budgets.take(Budget.READ) for _ in range(api.services.settings.places.read)]
    assert api.anonymous("GET", "/info").status_code == 503
    assert [api.anonymous("GET", f"/{path}").status_code for path in ("/", file)] == [200, 200]
    assert len(taken) > 0


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "../settings.py", "..%2f..%2fsettings.py", "vendor/vendored.toml", "index.html", ""],
)
def test_nothing_else_is_served(api: Api, name: str) -> None:
    version = re.findall(r"/static/(\w+)/app.js", api.anonymous("GET", "//").text)[0]
    assert error_code(api.anonymous("GET", f"//static/{version}/{name}")) == "NOT_FOUND"
    assert error_code(api.anonymous("GET", "//static/0123456789abcdef/app.js")) == "NOT_FOUND"


def test_what_one_needs_to_know_to_sign_in(api: Api) -> None:
    told = api.anonymous("GET", "/info").json
    assert told == {"version": told["version"], "registration": True, "provider": None, "password_length": 10}
