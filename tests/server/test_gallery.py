"""What a gallery of a dataset asks beside its lists: marks, facets, thresholds, colours, splits."""

from __future__ import annotations

import pytest

from pixcrawler_core.catalog.models import Image
from pixcrawler_core.records import Stage, State
from tests.server.conftest import Api, Caller
from tests.server.filled import Filled


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


@pytest.fixture
def filled(api: Api, ada: Caller) -> Filled:
    return Filled(api, api.project(ada))


def score(value: float, threshold: float = 0.2) -> dict[str, object]:
    return {"sharpness": {"score": value, "threshold": threshold}}


def reject(filled: Filled, number: int, value: float) -> None:
    filled.find(number, State.REJECTED, stage=Stage.VALIDATION, reason="blurred", scores=score(value, 0.2))


@pytest.mark.parametrize("order", ["place", "best", "worst"])
def test_marks_lead_to_each_page(filled: Filled, ada: Caller, order: str) -> None:
    for number in range(205):
        filled.keep(1, category="ant" if number % 2 else "cat", scores=score(number / 205))
    query = {"order": order, "quality_min": 0.01}
    marks = ada("GET", f"/datasets/{filled.id}/images/marks", params=query).json
    assert (marks["count"], marks["every"], len(marks["cursors"])) == (202, 100, 2)
    pages = [{}, *({"cursor": each} for each in marks["cursors"])]
    lists = [
        ada("GET", f"/datasets/{filled.id}/images", params={**query, "limit": 100, **each}).json["items"]
        for each in pages
    ]
    assert [len(each) for each in lists] == [100, 100, 2]
    assert len({image["id"] for page in lists for image in page}) == 202


def test_marks_count_with_filters(filled: Filled, ada: Caller) -> None:
    labels = [{"name": 'A "cat"', "source": "tags"}]
    Image.update(labels=labels).where(Image.id == filled.keep(1).id).execute()
    filled.keep(2, engine="flickr")

    def count(**query: object) -> int:
        return int(ada("GET", f"/datasets/{filled.id}/images/marks", params=query).json["count"])

    assert count() == 2
    assert count(engine="flickr") == 1
    assert count(label='A "cat"') == 1
    assert count(label='a "cat"') == count(split="train") == count(category="'; DROP TABLE image") == 0


def test_marks_of_the_ledger(filled: Filled, ada: Caller) -> None:
    kept = filled.keep(1)
    filled.find(2, State.DUPLICATE, duplicate_of=kept.row)
    for number in range(101):
        filled.find(3, State.REJECTED, reason="too-small" if number else "blurred")
    place, query = f"/datasets/{filled.id}/ledger", {"state": "rejected"}
    marks = ada("GET", f"{place}/marks", params=query).json
    (last,) = marks["cursors"]
    assert marks["count"] == 101
    assert len(ada("GET", place, params={**query, "limit": 100, "cursor": last}).json["items"]) == 1
    assert ada("GET", f"{place}/marks", params={**query, "reason": "blurred"}).json["count"] == 1
    found = ada("GET", place, params={"duplicate_of": kept.row}).json["items"]
    assert [each["state"] for each in found] == ["duplicate"]


def test_facets_count_all_that_images_differ_in(filled: Filled, ada: Caller) -> None:
    filled.keep(1, scores=score(0.05), license="cc-by-4.0")
    filled.keep(2, category="ant", scores=score(1))
    reject(filled, 3, 0.1)
    told = ada("GET", f"/datasets/{filled.id}/facets").json
    assert told["images"] == 2
    assert [each["name"] for each in told["categories"]] == ["ant", "cat"]
    assert told["licences"] == [{"name": "cc-by-4.0", "images": 1}, {"name": "cc0-1.0", "images": 1}]
    assert told["hosts"] == [{"name": "a.example", "images": 2}]
    assert told["sides"] == [{"name": "<128", "images": 2}]
    assert (told["quality"][1], told["quality"][19], sum(told["quality"])) == (1, 1, 2)
    assert told["reasons"] == [{"name": "blurred", "images": 1, "state": "rejected"}]


def test_thresholds_tell_what_would_change(filled: Filled, ada: Caller) -> None:
    low, high = filled.keep(1, scores=score(0.3)), filled.keep(2, scores=score(0.9))
    reject(filled, 3, 0.1)
    reject(filled, 4, 0.15)
    place = f"/datasets/{filled.id}/thresholds"
    (scores,) = ada("GET", place).json["items"]
    assert (scores["check"], scores["threshold"]) == ("sharpness", 0.2)
    assert (scores["kept"][15], scores["kept"][45], sum(scores["rejected"])) == (1, 1, 2)

    def changes(threshold: float) -> dict[str, object]:
        return dict(ada("POST", place, json={"thresholds": {"sharpness": threshold}}).json)

    assert changes(0.2) == {"removed": 0, "added": 0, "remove": [], "add": []}
    assert changes(0.5)["remove"] == [{"id": low.id, "sha256": low.hash, "category": "cat"}]
    assert changes(0.12)["added"] == 1
    assert changes(0)["added"] == 2
    filled.assemble()
    accepted = ada("PUT", f"/images/{low.id}/review", json={"decision": "accept"})
    assert accepted.status_code == 200
    assert changes(0.95)["remove"] == [{"id": high.id, "sha256": high.hash, "category": "cat"}]


def test_colours_of_pictures(filled: Filled, ada: Caller) -> None:
    empty = ada("GET", f"/datasets/{filled.id}/colours").json
    assert empty["images"] == 0
    filled.keep(1)
    told = ada("GET", f"/datasets/{filled.id}/colours").json
    assert told["images"] == 1
    assert sum(each["share"] for each in told["items"]) == pytest.approx(1, abs=0.01)


def test_a_dataset_without_splits_says_so(filled: Filled, ada: Caller) -> None:
    assert ada("GET", f"/datasets/{filled.id}/splits").status_code == 404
    filled.keep(1)
    filled.assemble()
    assert ada("GET", f"/datasets/{filled.id}/splits").json == {"report": None}
