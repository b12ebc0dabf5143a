from __future__ import annotations

from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.testing.web.client import Reply, get, get_json

RECORDED_MEMBERS = {
    *("id", "title", "foreign_landing_url", "url", "creator", "creator_url", "license", "license_version"),
    *("license_url", "provider", "source", "category", "filesize", "filetype", "tags", "attribution"),
    *("fields_matched", "mature", "height", "width", "thumbnail", "detail_url", "related_url"),
}


def ask(web: SimulatedWeb, **query: object) -> Any:
    return get_json(f"{web.openverse_url}/v1/images/", **query)


def refused(web: SimulatedWeb, query: str) -> Reply:
    return get(f"{web.openverse_url}/v1/images/?{query}")


def test_results_have_the_members_of_recorded_answers(simulated_web: SimulatedWeb) -> None:
    reply = ask(simulated_web, q="red panda")
    assert set(reply) == {"result_count", "page_count", "page_size", "page", "results"}
    assert set(reply["results"][0]) >= RECORDED_MEMBERS


def test_pages_together_are_the_whole_result(simulated_web: SimulatedWeb) -> None:
    first = ask(simulated_web, q="picture", page_size=7)
    rest = [
        ask(simulated_web, q="picture", page_size=7, page=page) for page in range(2, first["page_count"] + 1)
    ]
    urls = [result["url"] for page in [first, *rest] for result in page["results"]]
    expected = {entry["url"] for entry in simulated_web.entries() if entry["engine"] == "openverse"}
    assert len(urls) == first["result_count"] == len(expected)
    assert set(urls) == expected
    assert ask(simulated_web, q="picture", page_size=7, page=first["page_count"] + 1)["results"] == []


def test_urls_lead_to_the_photograph(simulated_web: SimulatedWeb) -> None:
    sizes = {photograph["key"]: photograph["size"] for photograph in simulated_web.photographs()}
    result = ask(simulated_web, q="lighthouse")["results"][0]
    body = get(result["url"]).body
    key = result["url"].partition("/photographs/")[2]
    assert len(body) == sizes[key]
    assert get(result["thumbnail"]).headers["content-type"] == "image/jpeg"
    assert get(result["detail_url"]).json() == result
    assert result["creator"].replace("&", "&amp;") in get(result["foreign_landing_url"]).body.decode()


def test_no_hits_look_like_the_recorded_answer(simulated_web: SimulatedWeb) -> None:
    nothing = {"result_count": 0, "page_count": 0, "page_size": 20, "page": 1, "results": []}
    assert ask(simulated_web, q="walrus") == nothing


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("q=a&page_size=21", 401, None),
        ("q=a&page=13", 400, "page"),
        ("q=a&page=0", 400, "page"),
        ("q=a&page=" + "9" * 5000, 400, "page"),
        ("q=a&page_size=x", 400, "page_size"),
        ("q=a&li=by", 400, "li"),
        ("q=a&pagesize=5", 400, "pagesize"),
        ("q=a&provider=x", 400, "provider"),
        ("q=a&license=gpl", 400, "license"),
        ("q=a&license_type=free", 400, "license_type"),
        ("q=a&source=x&excluded_source=y", 400, "excluded_source"),
        ("q=a&tags=b", 400, "q"),
    ],
)
def test_wrong_parameters_are_refused(
    simulated_web: SimulatedWeb, query: str, status: int, field: str | None
) -> None:
    reply = refused(simulated_web, query)
    assert reply.status == status
    assert reply.json().get("fields", [None]) == [field]
    assert reply.json()["detail"]


def test_the_deepest_allowed_page_is_answered(simulated_web: SimulatedWeb) -> None:
    assert refused(simulated_web, "q=a&page=12&page_size=20").status == 200


@pytest.mark.parametrize(
    ("name", "value", "codes"),
    [
        ("license", "by,cc0", {"by", "cc0"}),
        ("license_type", "commercial", {"by", "by-sa", "by-nd", "cc0", "pdm"}),
        ("license_type", "modification", {"by", "by-sa", "by-nc", "cc0", "pdm"}),
        ("license_type", "commercial,modification", {"by", "by-sa", "cc0", "pdm"}),
        ("license_type", "all-cc", {"by", "by-sa", "by-nc", "by-nd"}),
        ("license_type", "all", {"by", "by-sa", "by-nc", "by-nd", "cc0", "pdm"}),
    ],
)
def test_licence_filters(simulated_web: SimulatedWeb, name: str, value: str, codes: set[str]) -> None:
    pages = [ask(simulated_web, q="picture", page=page, **{name: value}) for page in (1, 2)]
    assert {result["license"] for page in pages for result in page["results"]} == codes


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ({"extension": "jpg"}, True),
        ({"extension": "png,gif"}, False),
        ({"size": "medium"}, True),
        ({"size": "small,large"}, False),
        ({"aspect_ratio": "wide"}, True),
        ({"aspect_ratio": "tall"}, False),
        ({"category": "illustration"}, False),
        ({"mature": "true"}, True),
        ({"creator": "painter"}, True),
        ({"creator": "nobody"}, False),
    ],
)
def test_other_filters(simulated_web: SimulatedWeb, query: dict[str, str], hits: bool) -> None:
    assert bool(ask(simulated_web, q="picture", **query)["results"]) is hits


def test_source_filters_and_the_warning_about_unknown_ones(simulated_web: SimulatedWeb) -> None:
    every = ask(simulated_web, q="picture")["result_count"]
    one = ask(simulated_web, q="picture", source="photos-1,nowhere")
    others = ask(simulated_web, q="picture", excluded_source="photos-1")
    assert {result["source"] for result in one["results"]} == {"photos-1"}
    assert "nowhere" in one["warnings"][0]["message"]
    assert one["result_count"] + others["result_count"] == every


def test_throttling_names_the_seconds_and_ends(simulated_web: SimulatedWeb) -> None:
    simulated_web.throttle("openverse", calls=2, seconds=7)
    replies = [refused(simulated_web, "q=panda") for _ in range(3)]
    assert [reply.status for reply in replies] == [429, 429, 200]
    assert replies[0].json() == {"detail": "Request was throttled. Expected available in 7 seconds."}
    assert "x-ratelimit-available-anon_burst" in replies[2].headers
