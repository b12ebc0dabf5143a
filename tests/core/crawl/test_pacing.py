from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.crawl.pacing import LAG, LEAST, Decided, Pacing, interval
from pixcrawler_core.crawl.plan import REST, Question
from pixcrawler_core.records import Candidate, State
from tests.core.crawl.test_run import Bench, Disk, Item, World, contents, new_disk, template

__all__ = ["new_disk", "template"]

PAGE = 12
QUERIES = {"cat": ["good", "bad", "new"]}


@given(decided=st.integers(1, 500), share=st.floats(0, 1))
def test_intervals_are_wilsons(decided: int, share: float) -> None:
    accepted = round(share * decided)
    wilson = binomtest(accepted, decided).proportion_ci(method="wilson")
    assert interval(accepted, decided) == pytest.approx((wilson.low, wilson.high), abs=1e-4)


def test_nothing_decided_is_no_evidence() -> None:
    assert interval(0, 0) == (0, 1)


@pytest.mark.parametrize(
    ("bad", "rests"),
    [((0, LEAST), True), ((0, LEAST - 1), False), ((2, 60), True), ((25, 60), False), ((50, 60), False)],
)
def test_a_query_rests_when_it_is_clearly_worse(bad: tuple[int, int], rests: bool) -> None:
    pacing = Pacing(QUERIES)
    pacing.add([Decided("cat", "good", 1, 50, 60), Decided("cat", "bad", 1, *bad)])
    assert pacing.rests("cat", "bad", 1 + LAG) is rests
    assert not pacing.rests("cat", "good", 1 + LAG)
    assert not pacing.rests("cat", "bad", LAG), "nothing is known of the first pages yet"
    assert not pacing.rests("cat", "new", 1 + LAG)


def test_only_pages_that_are_decided_count() -> None:
    pacing = Pacing(QUERIES)
    pacing.add([Decided("cat", "good", 1, 50, 60), Decided("cat", "bad", 2, 0, 60)])
    assert not pacing.rests("cat", "bad", 1 + LAG)
    assert pacing.rests("cat", "bad", 2 + LAG)


def test_only_queries_that_are_asked_are_compared() -> None:
    pacing = Pacing({"cat": ["cat", "kitten"], "dog": ["dog"]})
    pacing.add([Decided("cat", "asked no more", 1, 60, 60), Decided("cat", "kitten", 1, 0, 60)])
    pacing.add([Decided("dog", "dog", 1, 0, 60), Decided("dog", "hound", 1, 60, 60)])
    assert not pacing.rests("cat", "kitten", 9)
    assert not pacing.rests("dog", "dog", 9), "a category of one query"


def test_candidates_count_when_they_are_decided() -> None:
    pacing = Pacing(QUERIES)
    for state, query in [(State.ACCEPTED, "good"), (State.FETCHED, "bad"), (State.FOUND, "bad")]:
        for _ in range(60):
            pacing.count(Candidate(engine="e", category="cat", query=query, image_url="u"), state)
    assert not pacing.rests("cat", "bad", 3)
    for state in (State.REJECTED, State.FAILED, State.DUPLICATE, State.REFUSED):
        for _ in range(5):
            pacing.count(Candidate(engine="e", category="cat", query="bad", image_url="u"), state)
    assert pacing.rests("cat", "bad", 3)


def world_of(rates: Mapping[str, float], pages: int, seed: int, wanted: int) -> World:
    """A category with a query for each rate; so many of its pictures are fit."""
    chance = random.Random(seed)
    numbers = iter(range(10**6))
    contents: list[str] = []
    streams = []
    for rate in rates.values():
        stream = []
        for _ in range(pages):
            items = [Item(next(numbers)) for _ in range(PAGE)]
            contents += [f"p{each.number}" if chance.random() < rate else "unfit" for each in items]
            stream.append(items)
        streams.append(stream)
    questions = [Question(category="cat", engine="one", query=query) for query in rates]
    return World(
        questions=questions, wanted={"cat": wanted}, default_wanted=None, pages=streams, breaks={},
        contents=contents,
    )  # fmt: skip


def asked_in(world: World) -> dict[str, list[str]]:
    """The queries of the category."""
    return {"cat": [question.query for question in world.questions]}


def expected(world: World) -> tuple[list[str], dict[str, int]]:
    """The dataset by the rules, one page after the other, and from which page on queries rest."""
    counts: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    turns = {order: (1, order) for order in range(len(world.questions))}
    read = dict.fromkeys(turns, 1)
    kept: list[str] = []
    resting: dict[str, int] = {}
    while turns and len(kept) < (world.wanted["cat"] or 0):
        order = min(turns, key=lambda each: turns[each])
        query, page = world.questions[order].query, read[order]
        pacing = Pacing(asked_in(world))
        pacing.add(
            Decided("cat", name, number, *each)
            for name, pages in counts.items()
            for number, each in pages.items()
        )
        if query not in resting and pacing.rests("cat", query, page):
            resting[query] = page
            turns[order] = (page + REST, order)
            continue
        for item in world.pages[order][page - 1]:
            fit = world.content(item.url) != "unfit"
            if fit and len(kept) < (world.wanted["cat"] or 0):
                kept.append(item.url)
            counts[query][page][0] += fit
            counts[query][page][1] += 1
        read[order] += 1
        turns[order] = (turns[order][0] + 1, order)
        if read[order] > len(world.pages[order]):
            del turns[order]
    return kept, resting


def crawled(disk: Disk, world: World, seed: int, stops: list[int]) -> tuple[list[str], dict[str, int]]:
    """What runs over a world, interrupted after so many steps each, come to."""
    chance = random.Random(seed)
    for stop_after in [*stops, None]:
        asyncio.run(
            Bench(
                world=world, disk=disk, random=chance, stop_after=stop_after, queries=asked_in(world)
            ).main()
        )
    database = connect(disk.database)
    resting = {query: page for (_, query), page in Ledger(database, 1).resting().items()}
    database.close()
    return contents(disk)[0].get("cat", []), resting


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rates=st.lists(st.sampled_from([0.02, 0.3, 0.9]), min_size=2, max_size=3),
    wanted=st.sampled_from([40, 100, 150]),
    stops=st.lists(st.integers(1, 400), max_size=2),
)
def test_who_rests_does_not_depend_on_the_network(
    new_disk: Callable[[], Disk], seed: int, rates: list[float], wanted: int, stops: list[int]
) -> None:
    world = world_of({f"query {place}": rate for place, rate in enumerate(rates)}, 6, seed, wanted)
    kept, resting = crawled(new_disk(), world, seed, stops)
    should_be, rest = expected(world)
    assert kept == should_be
    assert rest.items() <= resting.items(), "a query decides at the latest when its page has its turn"


def test_a_bad_query_rests_until_the_others_are_exhausted(new_disk: Callable[[], Disk]) -> None:
    world = world_of({"good": 0.9, "bad": 0.02}, 8, 3, 60)
    disk = new_disk()
    kept, resting = crawled(disk, world, 1, [])
    assert (len(kept), resting) == (60, {"bad": 4})
    bad = {item.url for page in world.pages[1][3:] for item in page}
    assert not bad.intersection(disk.downloads), "its later pages were not asked for"
    everything = world_of({"good": 0.9, "bad": 0.02}, 8, 3, 1000)
    assert len(crawled(new_disk(), everything, 1, [])[0]) == sum(each != "unfit" for each in world.contents)
