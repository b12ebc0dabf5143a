"""Checks of single images, and of lists as jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.catalog.models import CrawlJob
from pixcrawler_core.testing.web import SimulatedWeb
from tests.server.conftest import Api, Caller, MakeApi, error_code
from tests.server.samples import PICTURE

JPEG = {"Content-Type": "image/jpeg"}


def checked(caller: Caller, data: bytes, **params: Any) -> Any:
    return caller("POST", "/validation/single", body=data, headers=JPEG, params=params)


@pytest.fixture
def inside(make_api: MakeApi) -> Api:
    """A server that may ask the simulated web."""
    return make_api(crawl={"allow_private_hosts": ["127.0.0.1", "localhost"]})


def test_an_image_that_is_sent(api: Api) -> None:
    told = checked(api.user(), PICTURE.read_bytes(), level="medium").json
    assert (told["accepted"], told["format"], told["size"]) == (True, "JPEG", PICTURE.stat().st_size)
    assert {each["verdict"] for each in told["checks"]} == {"passed"}
    blur = next(each for each in told["checks"] if each["name"] == "blur")
    assert blur["threshold"] <= blur["score"] <= 1
    assert blur["measures"]


def test_a_check_that_the_server_refuses_is_left_out(make_api: MakeApi) -> None:
    api = make_api(crawl={"refused": ["blur", "llm"]})
    ada = api.user()
    told = checked(ada, PICTURE.read_bytes(), level="medium").json
    assert "blur" not in {each["name"] for each in told["checks"]}
    dataset = api.dataset(api.project(ada))
    body = {"dataset": dataset, "urls": ["https://example.org/a.jpg"], "level": "medium"}
    assert ada("POST", "/validation/batch", body).json["tables"]["validators"] == {"blur": {"enabled": False}}


def test_an_image_that_is_sent_again_with_its_key(api: Api) -> None:
    ada, headers = api.user(), {"Content-Type": "image/jpeg", "Idempotency-Key": "once"}
    for _ in range(2):
        told = ada("POST", "/validation/single", body=PICTURE.read_bytes(), headers=headers).json
        assert (told["accepted"], told["size"]) == (True, PICTURE.stat().st_size)


def test_what_is_no_image_is_rejected_and_the_rest_not_asked(api: Api) -> None:
    told = checked(api.user(), b"<html>" * 1000).json
    assert told["accepted"] is False
    assert told["reason"]
    verdicts = [each["verdict"] for each in told["checks"]]
    assert verdicts.count("rejected") == 1
    assert verdicts.index("rejected") < len(verdicts) - 1
    assert verdicts[-1] == "not asked"


def test_an_upload_has_an_end(make_api: MakeApi) -> None:
    api = make_api(server={"max_upload": 2048})
    ada = api.user()
    assert error_code(checked(ada, b"x" * 2049)) == "TOO_LARGE"
    kind = ada("POST", "/validation/single", body=b"x", headers={"Content-Type": "text/plain"})
    assert kind.status_code == 415


def test_an_image_of_the_web(inside: Api, web: SimulatedWeb) -> None:
    url = web.url(f"/photographs/{PICTURE.parent.name}/{PICTURE.name}")
    told = inside.user()("POST", "/validation/single", {"url": url}).json
    assert (told["accepted"], told["size"]) == (True, PICTURE.stat().st_size)


def test_a_site_that_objects_is_not_asked(inside: Api, web: SimulatedWeb) -> None:
    url = web.url(f"/photographs/{PICTURE.parent.name}/{PICTURE.name}", host="robots-disallow-all")
    refused = inside.user()("POST", "/validation/single", {"url": url})
    assert (refused.status_code, refused.json["error"]["details"]["reason"]) == (422, "robots")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/x.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/x.jpg",
        "http://[::1]/x.jpg",
        "http://2130706433/x.jpg",
        "file:///etc/passwd",
        "https://user:x@10.0.0.1/x.jpg",
    ],
)
def test_nothing_of_the_servers_network_is_asked(api: Api, url: str) -> None:
    refused = api.user()("POST", "/validation/single", {"url": url})
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")


def test_a_list_is_checked_as_a_job(api: Api) -> None:
    ada = api.user()
    body = {
        "dataset": api.dataset(api.project(ada)),
        "urls": ["https://example.org/a.jpg", "https://example.org/b.jpg"],
        "level": "medium",
    }
    made = ada("POST", "/validation/batch", body)
    assert (made.status_code, made.json["status"], made.json["engines"]) == (201, "queued", ["urls"])
    row = CrawlJob.get_by_id(made.json["id"])
    assert (Path(row.folder) / row.tables["urls"]["file"]).read_text().splitlines() == body["urls"]
    busy = ada("POST", "/validation/batch", body)
    assert (busy.status_code, len(list(Path(row.folder).iterdir()))) == (409, 1)


@pytest.mark.parametrize(
    ("tightened", "told"),
    [
        ({"crawl": {"refused": ["blur"]}}, "'blur', which is not to be used"),
        ({"crawl": {"refused": ["urls"]}}, "'urls' is not to be used"),
        ({"plans": {"free": {"images_per_job": 1}}}, "1 images"),
    ],
)
def test_a_list_that_is_begun_again_keeps_to_the_rules_of_then(
    make_api: MakeApi, tightened: dict[str, Any], told: str
) -> None:
    before = make_api()
    ada = before.user()
    project = before.project(ada)
    urls = ["https://example.org/a.jpg", "https://example.org/b.jpg"]
    bodies = [{"dataset": before.dataset(project), "urls": urls, "level": "medium"} for _ in range(2)]
    cancelled, paused = (ada("POST", "/validation/batch", body).json["id"] for body in bodies)
    assert ada("POST", f"/jobs/{cancelled}/cancel").status_code == 200
    assert ada("POST", f"/jobs/{paused}/pause").status_code == 200
    tight = make_api(**tightened).again(ada)
    for path in (f"/jobs/{cancelled}/retry", f"/jobs/{paused}/resume"):
        refused = tight("POST", path)
        assert (refused.status_code, told in refused.json["error"]["message"]) in ((422, True), (403, True))
    again = make_api().again(ada)
    assert again("POST", f"/jobs/{cancelled}/retry").status_code == 200


@pytest.mark.parametrize("url", ["https://example.org/a.jpg\nhttps://x", "file:///etc/passwd", "https://a b"])
def test_addresses_that_are_none(api: Api, url: str) -> None:
    ada = api.user()
    body = {"dataset": api.dataset(api.project(ada)), "urls": [url]}
    assert error_code(ada("POST", "/validation/batch", body)) == "VALIDATION_ERROR"


def test_a_list_has_as_many_images_as_the_plan(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"images_per_job": 1}})
    ada = api.user()
    urls = [f"https://example.org/{number}.jpg" for number in range(2)]
    body = {"dataset": api.dataset(api.project(ada)), "urls": urls}
    assert error_code(ada("POST", "/validation/batch", body)) == "QUOTA_EXCEEDED"
