"""What a form for jobs asks: choices, expansions, job files as text, estimates and pictures of candidates."""

from __future__ import annotations

import tomllib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from pixcrawler_core.records import State
from tests.server.conftest import TABLES, Api, MakeApi, error_code
from tests.server.filled import Filled

SECRET = "pexels"  # noqa: S105  # the name of a source


def test_choices_tell_what_is_off_and_why(make_api: MakeApi) -> None:
    api = make_api(crawl={"accept_terms": ["bing"], "keyed": [SECRET], "refused": ["llm", "zip"]})
    told = api.user()("GET", "/jobs/choices").json
    sources = {each["name"]: each for each in told["sources"]}
    assert (sources["openverse"]["licences"], sources["openverse"]["default"]) == (True, True)
    assert sources["openverse"]["why_not"] == sources["bing"]["why_not"] == ""
    assert sources["bing"]["terms"]
    assert "accept_terms" in sources["google"]["why_not"]
    assert "[crawl] keyed" in sources["flickr"]["why_not"]
    assert "is not set" in sources[SECRET]["why_not"]
    assert "urls" not in sources
    off = {each["name"]: bool(each["why_not"]) for each in (*told["expanders"], *told["formats"])}
    assert (off["llm"], off["zip"], off["wordnet"], off["csv"]) == (True, True, False, False)
    assert {each["level"] for each in told["checks"]} == {"fast", "medium", "slow"}


def test_keywords_are_widened_with_scores(api: Api) -> None:
    body = {"keywords": ["dog", "cat"], "expanders": ["morphology"]}
    told = api.user()("POST", "/jobs/expansions", body).json
    found = {(each["keyword"], each["text"]): each for each in told["queries"]}
    assert found["dog", "dogs"]["score"] == 0.95
    assert (found["cat", "cat"]["origin"], found["cat", "cats"]["relation"]) == ("job", "plural")
    assert told["errors"] == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"expanders": ["llm"]},
        {"expanders": ["nothing"]},
        {"keywords": []},
        {"keywords": ["x"] * 21},
        {"keywords": ["fuck"], "most": -1},
    ],
)
def test_what_cannot_be_widened(api: Api, changes: dict[str, Any]) -> None:
    body = {"keywords": ["dog"], "expanders": ["morphology"], **changes}
    told = api.user()("POST", "/jobs/expansions", body)
    assert (told.status_code, error_code(told)) == (422, "VALIDATION_ERROR")


def test_a_job_file_and_its_tables_are_one(api: Api) -> None:
    ada = api.user()
    tables = {
        "job": {"name": 'x "quoted" \\ ☃', "keywords": ["a"]},
        "sources": {"filters": {"color": "red", "type": None}},
    }
    told = ada("POST", "/jobs/file", {"tables": tables}).json
    assert tomllib.loads(told["text"]) == told["tables"]
    assert told["tables"]["sources"] == {"filters": {"color": "red"}}
    assert told["problems"] == []
    again = ada("POST", "/jobs/file", {"text": f"# a word\n{told['text']}"}).json
    assert (again["tables"], again["text"].startswith("# a word")) == (told["tables"], True)


def test_a_key_of_too_many_parts_is_refused_before_it_is_read(api: Api) -> None:
    """Such a key of 40 kB would take a gigabyte and a half."""
    refused = api.user()("POST", "/jobs/file", {"text": f"{'.'.join('a' * 20_000)} = 1"})
    assert (refused.status_code, refused.json["error"]["details"]) == (422, {"field": "text"})


def test_a_job_file_is_told_what_is_wrong_with_it(api: Api) -> None:
    ada = api.user()
    text = '[job]\nname = "x"\nkeywords = ["a"]\nvalidation = "thorough"\n[export]\nformats = ["nothing"]\n'
    fields = {each["field"] for each in ada("POST", "/jobs/file", {"text": text}).json["problems"]}
    assert fields == {"job.validation", "export.formats"}
    ours = '[job]\nname = "x"\nkeywords = ["a"]\n[fetch]\nuser_agent = "me"\n'
    told = ada("POST", "/jobs/file", {"text": ours}).json["problems"]
    assert [each["field"] for each in told] == ["fetch.user_agent"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "", "tables": {}},
        {"text": "[job"},
        {"text": "a = " + "[" * 5000},
        {"tables": {"a": [{"b": 1}, 2**70, {"c": float("inf")}]} | {"x" * 300_000: 1}},
    ],
)
def test_what_is_no_job_file_does_not_break_anything(api: Api, body: dict[str, Any]) -> None:
    assert api.user()("POST", "/jobs/file", body).status_code in (200, 422)


def test_an_estimate_needs_no_dataset(api: Api) -> None:
    told = api.user()("POST", "/jobs/estimate", {"tables": TABLES})
    assert (told.status_code, told.json["images"]) == (200, 5)


def test_pictures_that_were_not_kept_are_shown_to_members(api: Api) -> None:
    ada, eve = api.user("ada@example.org"), api.user("eve@example.org")
    filled = Filled(api, api.project(ada))
    rejected = filled.find(3, State.REJECTED, reason="too-small")
    shown = ada("GET", f"/candidates/{rejected.id}/thumbnail", params={"size": "128"})
    assert (shown.status_code, Image.open(BytesIO(shown.content)).format) == (200, "WEBP")
    again = ada(
        "GET",
        f"/candidates/{rejected.id}/thumbnail",
        params={"size": "128"},
        headers={"If-None-Match": shown.headers["ETag"]},
    )
    assert again.status_code == 304
    assert eve("GET", f"/candidates/{rejected.id}/thumbnail").status_code == 404
    unseen = filled.find(4, State.FAILED, sha256=None)
    assert ada("GET", f"/candidates/{unseen.id}/thumbnail").status_code == 409
    gone = filled.find(5, State.REJECTED, sha256="0" * 64)
    assert ada("GET", f"/candidates/{gone.id}/thumbnail").status_code == 409
