from __future__ import annotations

import hashlib
import math
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.testing.web.client import get, get_json

SEARCH = {"action": "query", "format": "json", "generator": "search", "gsrnamespace": 6}
INFO = {"prop": "imageinfo", "iiprop": "url|size|mime|sha1|user|extmetadata"}


def ask(web: SimulatedWeb, text: str, **more: object) -> Any:
    return get_json(web.wikimedia_url, gsrsearch=text, **{**SEARCH, **more})


def walk(web: SimulatedWeb, text: str, **more: object) -> tuple[dict[str, dict[str, Any]], list[set[str]]]:
    """Follow every continuation; the merged pages by id, and the members of each `continue`."""
    pages: dict[str, dict[str, Any]] = {}
    steps: list[set[str]] = []
    resume: dict[str, object] = {}
    while True:
        reply = ask(web, text, **{**more, **resume})
        for number, page in reply["query"]["pages"].items():
            pages.setdefault(number, {}).update(page)
        if "continue" not in reply:
            return pages, steps
        resume = reply["continue"]
        steps.append(set(resume))


def test_version_1_keys_pages_by_id_and_version_2_lists_them(simulated_web: SimulatedWeb) -> None:
    first, second = ask(simulated_web, "panda"), ask(simulated_web, "panda", formatversion=2)
    assert first["batchcomplete"] == ""
    assert second["batchcomplete"] is True
    assert list(first["query"]["pages"].values()) == second["query"]["pages"]
    assert all(number == str(page["pageid"]) for number, page in first["query"]["pages"].items())


def test_rank_is_the_index_not_the_order(simulated_web: SimulatedWeb) -> None:
    pages = ask(simulated_web, "picture", formatversion=2)["query"]["pages"]
    assert [page["pageid"] for page in pages] == sorted(page["pageid"] for page in pages)
    indices = [page["index"] for page in pages]
    assert sorted(indices) == list(range(1, 11))
    assert indices != sorted(indices)


def test_batches_continue_to_the_end(simulated_web: SimulatedWeb) -> None:
    pages, steps = walk(simulated_web, "picture", gsrlimit=4, **INFO)
    expected = {entry["url"] for entry in simulated_web.entries() if entry["engine"] == "wikimedia"}
    assert {page["imageinfo"][0]["url"] for page in pages.values()} == expected
    assert steps == [{"gsroffset", "continue"}] * (math.ceil(len(expected) / 4) - 1)
    assert sorted(page["index"] for page in pages.values()) == list(range(1, len(expected) + 1))


def test_large_batches_need_a_property_continuation(simulated_web: SimulatedWeb) -> None:
    first = ask(simulated_web, "picture", gsrlimit=50, **INFO)
    assert "batchcomplete" not in first
    assert sum("imageinfo" in page for page in first["query"]["pages"].values()) == 10
    pages, steps = walk(simulated_web, "picture", gsrlimit=50, **INFO)
    assert {"iicontinue", "continue"} in steps
    assert all("imageinfo" in page for page in pages.values())


def test_image_information_is_that_of_the_photograph(simulated_web: SimulatedWeb) -> None:
    by_hash = {photograph["sha256"]: photograph for photograph in simulated_web.photographs()}
    pages, _ = walk(simulated_web, "panda", iiurlwidth=100, **INFO)
    for page in pages.values():
        (info,) = page["imageinfo"]
        body = get(info["url"]).body
        photograph = by_hash[hashlib.sha256(body).hexdigest()]
        assert hashlib.sha1(body, usedforsecurity=False).hexdigest() == info["sha1"]
        assert (info["width"], info["height"], info["size"]) == (640, 480, len(body))
        assert info["extmetadata"]["LicenseShortName"]["value"] == photograph["licence"]
        assert "<a href=" in info["extmetadata"]["Artist"]["value"]
        assert "Painter &amp; Son" in info["extmetadata"]["Artist"]["value"]
        assert (info["thumbwidth"], info["thumbheight"]) == (100, 75)


def test_thumbnail_is_an_image(simulated_web: SimulatedWeb) -> None:
    pages, _ = walk(simulated_web, "panda", iiurlwidth=100, **INFO)
    reply = get(next(iter(pages.values()))["imageinfo"][0]["thumburl"])
    assert reply.body.startswith(b"\xff\xd8")


def test_some_pages_lack_optional_fields(simulated_web: SimulatedWeb) -> None:
    pages, _ = walk(simulated_web, "picture", **INFO)
    fields = [set(page["imageinfo"][0]["extmetadata"]) for page in pages.values()]
    for name in ("DateTimeOriginal", "LicenseUrl"):
        assert 0 < sum(name in each for each in fields) < len(fields)
    assert all({"License", "LicenseShortName"} <= each for each in fields)


def test_only_the_asked_properties_come(simulated_web: SimulatedWeb) -> None:
    pages, _ = walk(
        simulated_web, "panda", prop="imageinfo", iiprop="mime|extmetadata", iiextmetadatafilter="License"
    )
    info = next(iter(pages.values()))["imageinfo"][0]
    assert set(info) == {"mime", "extmetadata"}
    assert set(info["extmetadata"]) == {"License"}


@pytest.mark.parametrize(
    ("filters", "hits"),
    [
        ("filetype:bitmap", True),
        ("filetype:bitmap|drawing", True),
        ("filetype:drawing", False),
        ("-filetype:drawing", True),
        ("-filetype:bitmap", False),
        ("filemime:image/jpeg", True),
        ("filemime:image/png", False),
        ("fileres:>500", True),
        ("fileres:<500", False),
        ("filew:640", True),
        ("filew:>640", False),
        ("fileh:400,500", True),
        ("filesize:<10", False),
        ("fileres:>many", False),
    ],
)
def test_search_keywords(simulated_web: SimulatedWeb, filters: str, hits: bool) -> None:
    assert ("query" in ask(simulated_web, f"{filters} red pandas")) is hits


def test_no_hits_and_other_namespaces_have_no_query_member(simulated_web: SimulatedWeb) -> None:
    assert ask(simulated_web, "walrus") == {"batchcomplete": ""}
    assert ask(simulated_web, "panda", gsrnamespace=0) == {"batchcomplete": ""}


@pytest.mark.parametrize(
    "agent", ["", "python-requests/2.32", "Scrapy/2.19 (+https://scrapy.org)", "curl/8.5", "Mozilla/5.0"]
)
def test_generic_user_agents_are_refused(simulated_web: SimulatedWeb, agent: str) -> None:
    assert get(f"{simulated_web.wikimedia_url}?action=query", agent).status == 403


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "parse"}, "badvalue"),
        ({"generator": "allimages"}, "badvalue"),
        ({"gsroffset": "x"}, "badinteger"),
        ({"gsrlimit": 0}, "badinteger"),
        ({"gsroffset": 10_000}, "cirrussearch-offset-too-large"),
    ],
)
def test_wrong_parameters_are_errors_inside_status_200(
    simulated_web: SimulatedWeb, change: dict[str, object], code: str
) -> None:
    assert ask(simulated_web, "panda", **change)["error"]["code"] == code


def test_missing_query_is_an_error(simulated_web: SimulatedWeb) -> None:
    assert ask(simulated_web, " ")["error"]["code"] == "missingparam"


@pytest.mark.parametrize("how", ["maxlag", "ratelimited"])
def test_planned_errors_come_with_status_200(simulated_web: SimulatedWeb, how: str) -> None:
    simulated_web.fail("wikimedia", 1, how=how)
    reply = get(f"{simulated_web.wikimedia_url}?action=query")
    assert (reply.status, reply.json()["error"]["code"]) == (200, how)
    assert reply.headers["mediawiki-api-error"] == how


def test_planned_429_has_retry_after(simulated_web: SimulatedWeb) -> None:
    simulated_web.throttle("wikimedia", seconds=3)
    reply = get(simulated_web.wikimedia_url)
    assert (reply.status, reply.headers["retry-after"]) == (429, "3")
    assert "query" in ask(simulated_web, "panda")
