"""The judged list of expansions, and what the benchmark makes of it."""

from __future__ import annotations

import csv

import pytest
from accuracy.keywords import LIST, Found, estimate, judged, kept, share

from pixcrawler_core.records import Query


def found(relation: str, *right: bool | None, score: float = 0.7) -> list[Found]:
    query = Query(text="a query", relation=relation, score=score)
    return [Found(query=query, right=each) for each in right]


def test_the_list_says_yes_or_no_of_each_expansion_once() -> None:
    with LIST.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["set"] for row in rows} == {"tuned", "held out"}
    assert {row["right"] for row in rows if row["expansion"]} == {"yes", "no"}
    keys = [(row["keyword"], row["context"], row["expansion"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert len(judged()) >= 500
    sets: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        sets.setdefault((row["keyword"], row["context"]), set()).add(row["set"])
    assert all(len(each) == 1 for each in sets.values()), "no keyword is in both"


def test_shares_count_what_was_judged() -> None:
    mixed = [*found("hyponym", True, False), *found("template", True, None, None)]
    assert share(mixed) == pytest.approx(2 / 3)
    assert estimate(mixed) == pytest.approx((0.5 * 2 + 1 * 3) / 5)
    assert share([]) == estimate([]) == 1


def test_no_more_is_kept_than_a_job_asks() -> None:
    near, far = found("synonym", True, True, score=0.8), found("synonym", False, score=0.4)
    assert kept([*far, *near], 0.5, 20) == near
    assert kept([*far, *near], 0.3, 1) == near[:1]
