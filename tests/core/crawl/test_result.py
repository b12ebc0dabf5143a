from __future__ import annotations

from typing import Any

import pytest

from pixcrawler_core.crawl.result import Result, Share


def result(*shares: Share, **more: Any) -> Result:
    told: dict[str, Any] = {"dataset": "d", "name": "d", "folder": None, "states": {}, "failures": {}}
    return Result(shares=list(shares), **{**told, "sources": {}, "fetched": 0, "seconds": 0.0, **more})


def share(category: str, wanted: int | None, accepted: int, **reasons: int) -> Share:
    return Share(category=category, wanted=wanted, accepted=accepted, reasons=reasons)


CATS = "sources had no more: 1 of 3 for 'cats'; not accepted: duplicate 2"
FAILURES = {f"{name}: cats": "HTTP 404" for name in ("one", "two", "three", "four", "five")}


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (result(share("cats", 3, 3)), ""),
        (result(share("cats", 3, 3), failures=FAILURES), ""),
        (result(share("cats", 3, 1), share("dogs", 2, 2)), "sources had no more: 1 of 3 for 'cats'"),
        (
            result(share("cats", 3, 1, duplicate=2, blurry=1), share("dogs", 2, 1, gone=1, duplicate=3)),
            "sources had no more: 1 of 3 for 'cats'; 1 of 2 for 'dogs'; "
            "not accepted: duplicate 5, blurry 1, gone 1",
        ),
        (result(share("cats", 3, 1, duplicate=2), share("dogs", 2, 2, gone=9)), CATS),
        (result(share("cats", 3, 1), limit="the quota is full"), "the quota is full"),
        (
            result(share("cats", 3, 1), failures=FAILURES),
            "sources had no more: 1 of 3 for 'cats' "
            "(one: cats: HTTP 404; two: cats: HTTP 404; three: cats: HTTP 404 and 2 more)",
        ),
        (result(share("list", None, 0)), "not all that is wanted was found"),
    ],
)
def test_why_a_run_came_out_short_is_told_in_a_sentence(ended: Result, told: str) -> None:
    assert ended.why_short == told
