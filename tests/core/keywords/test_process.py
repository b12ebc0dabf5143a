"""From keywords to queries: what expanders may say, what is dropped and why, and what goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import pluggy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core import hookimpl, hookspecs
from pixcrawler_core.components import Expander, ExpandKeyword
from pixcrawler_core.config.keywords import KeywordsTable
from pixcrawler_core.errors import ConfigError, PluginError
from pixcrawler_core.keywords.expanding import Expanders
from pixcrawler_core.keywords.parsing import parse_keywords
from pixcrawler_core.keywords.process import Expansion, expand_keywords, process_keywords
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.registry import Registry

Expand = Callable[[Keyword], Iterable[Any]]


class Plugin:
    """A plugin with these expanders."""

    def __init__(self, *expanders: Expander) -> None:
        self.expanders = expanders

    @hookimpl
    def register_expanders(self) -> Iterator[Expander]:
        yield from self.expanders


class Lengths:
    """Scores by the length of the text: 20 characters are too far."""

    def scores(self, _: Keyword, queries: Sequence[Query]) -> Sequence[float]:
        return [max(0.0, 1 - len(query.text) / 20) for query in queries]


def registry(**expanders: Expand) -> Registry:
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    parts = [
        Expander(name=name, summary=name, build=lambda _, expand=expand: cast("ExpandKeyword", expand))
        for name, expand in expanders.items()
    ]
    manager.register(Plugin(*parts), "a-plugin")
    return Registry(manager, {})


def expanded(expand: Expand, keywords: dict[str, Sequence[str]] | None = None, **options: Any) -> Expansion:
    table = KeywordsTable(expanders=("mine",), **{"threshold": 0, **options})
    expanders = Expanders.build(registry(mine=expand), ["mine"])
    return expand_keywords(keywords or {"pets": ["dog"]}, table, expanders, Lengths())


def words(*texts: str) -> Expand:
    return lambda _: [Query(text=text, relation="synonym") for text in texts]


def texts(queries: Iterable[Query]) -> list[str]:
    return [query.text for query in queries]


def test_keywords_alone_are_asked_as_they_are() -> None:
    queries = process_keywords(["red panda", "snow leopard"], registry=registry())
    assert texts(queries) == ["red panda", "snow leopard"]
    assert {(each.origin, each.relation, each.score, each.dropped) for each in queries} == {
        ("job", "given", 1.0, None)
    }
    assert [each.category for each in queries] == ["red panda", "snow leopard"]


def test_a_hint_is_asked_with_its_keyword_and_kept_from_expanders_text() -> None:
    seen: list[Keyword] = []

    def expand(keyword: Keyword) -> Iterable[Query]:
        seen.append(keyword)
        return ()

    found = expanded(expand, {"birds": ["crane (bird)", "heron"]})
    assert texts(found.queries) == ["crane bird", "heron"]
    assert [(each.text, each.hint) for each in seen] == [("crane", "bird"), ("heron", "")]
    assert set(seen[0].context) == {"birds", "heron"}


def test_of_many_keywords_each_knows_some_others() -> None:
    words = [f"word {number}" for number in range(3000)]
    told = list(parse_keywords({"many": words}))
    assert [(written, keyword.text) for written, keyword in told] == [(word, word) for word in words]
    assert {len(keyword.context) for _, keyword in told} == {100}
    assert all(keyword.text not in keyword.context for _, keyword in told)


def test_the_nearest_come_first_and_no_more_than_asked_for() -> None:
    found = expanded(words("a very long one", "a short one", "pup"), most=2)
    assert texts(found.queries) == ["dog", "pup", "a short one"]
    (dropped,) = found.dropped
    assert (dropped.text, dropped.dropped) == ("a very long one", "2 nearer ones were found")


def test_what_drifts_is_dropped_with_its_score() -> None:
    found = expanded(words("pup", "twelve chars"), threshold=0.5)
    assert texts(found.queries) == ["dog", "pup"]
    assert [(each.text, each.score, each.dropped) for each in found.dropped] == [
        ("twelve chars", 0.4, "its score 0.40 is below 0.5")
    ]


def test_keywords_that_differ_in_signs_are_all_asked() -> None:
    found = expanded(words("c"), {"languages": ["C++", "C#", "C", "c", "crane (bird)", "crane bird"]})
    assert texts(found.queries) == ["C++", "C#", "C", "crane bird"]
    assert [(each.text, each.dropped) for each in found.dropped] == [
        ("c", "it is asked already"),
        ("crane bird", "it is asked already"),
    ]


def test_no_category_is_asked_the_same_twice() -> None:
    wide = "\uff48\uff4f\uff55\uff4e\uff44"
    found = expanded(words("DOG", "hound", "Hound!", wide), {"pets": ["dog", "hounds"], "dogs": ["dog"]})
    assert [(each.category, each.text) for each in found.queries] == [
        ("pets", "dog"),
        ("pets", "hound"),
        ("pets", "hounds"),
        ("dogs", "dog"),
        ("dogs", "hound"),
    ]


def test_queries_tell_where_they_come_from() -> None:
    def expand(_: Keyword) -> Iterable[Query]:
        yield Query(text="Hund", relation="translation", language="de", detail="dog: a pet", score=9)

    (_, query) = expanded(expand).queries
    assert query == Query(
        text="Hund", relation="translation", language="de", detail="dog: a pet", keyword="dog",
        category="pets", origin="mine", score=0.8,
    )  # fmt: skip


@pytest.mark.parametrize("policy", ["drop", "refuse", "allow"])
def test_words_unfit_for_work(policy: str) -> None:
    found = expanded(words("nude dog", "pup"), nsfw=policy)
    assert ("nude dog" in texts(found.queries)) is (policy == "allow")
    if policy == "refuse":
        with pytest.raises(ConfigError, match=r"'naked mole rat' must not be asked.*'naked'.*\[keywords\]"):
            expanded(words(), {"rats": ["naked mole rat"]}, nsfw=policy)
    else:
        assert texts(expanded(words(), {"rats": ["naked mole rat"]}, nsfw=policy).queries) == [
            "naked mole rat"
        ]


def test_the_blocklist_holds_for_words_and_phrases() -> None:
    blocked = ("hot dog", "Puppy-Mill")
    found = expanded(words("hot dog stand", "hot dogs", "puppy mill", "hot day dog"), blocklist=blocked)
    assert set(texts(found.queries)) == {"dog", "hot dogs", "hot day dog"}
    assert [each.dropped for each in found.dropped] == [
        "it has 'hot dog', which is on the blocklist", "it has 'Puppy-Mill', which is on the blocklist",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match=r"keyword 'a HOT dog' must not be asked"):
        process_keywords(["a HOT dog"], KeywordsTable(blocklist=blocked), registry=registry())


def test_too_long_ones_are_dropped() -> None:
    found = expanded(words("x" * 10**6, "x" * 200, "y" * 201))
    assert [len(each.text) for each in found.queries] == [3, 200]
    assert [each.dropped for each in found.dropped] == ["it has more than 200 characters"] * 2


def nothing(_: Keyword) -> Iterable[Query]:
    raise ConnectionError("no route to host")


def half(_: Keyword) -> Iterable[Query]:
    yield Query(text="pup", relation="synonym")
    raise RuntimeError("broke")


@pytest.mark.parametrize(
    ("expand", "told"),
    [
        (nothing, "ConnectionError: no route to host"),
        (half, "RuntimeError: broke"),
        (lambda _: ["pup"], "an expander gives Querys, not 'pup'"),
        (lambda _: None, "TypeError"),
        (lambda _: [Query(text="\0\u202e", relation="synonym")], "something to be seen, unlike '\\x00"),
        (lambda _: [Query(text="pup", relation="a Synonym")], "a slug like 'synonym', not 'a Synonym'"),
        (lambda _: [Query(text="pup", language="English")], "a code like 'en', not 'English'"),
    ],
)
def test_a_broken_expander_costs_its_own_queries(
    expand: Expand, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    table = KeywordsTable(expanders=("broken", "mine"), threshold=0)
    expanders = Expanders.build(registry(broken=expand, mine=words("pup")), ["broken", "mine"])
    with caplog.at_level(logging.ERROR):
        found = expand_keywords({"pets": ["dog", "cat"]}, table, expanders, Lengths())
    assert texts(found.queries) == ["dog", "pup", "cat"]
    assert (found.queries[1].origin == "broken") is (expand is half), "what came before the failure is kept"
    assert told in found.errors["broken"]
    assert found.errors["broken"].startswith("expander 'broken' of plugin a-plugin failed for 'dog': ")
    assert len(caplog.records) == 1


def test_an_unknown_expander_is_named_with_the_choices() -> None:
    with pytest.raises(PluginError, match=r"'yours'.*mine"):
        process_keywords(["dog"], KeywordsTable(expanders=("yours",)), registry=registry(mine=words()))


@given(written=st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4, unique=True))
def test_any_keyword_gives_sound_queries(written: list[str]) -> None:
    found = expanded(lambda keyword: [Query(text=f"{keyword.text} x", relation="template")], {"c": written})
    keys = [query.text.casefold() for query in found.queries]
    assert len(keys) == len(set(keys))
    assert all(query.text == " ".join(query.text.split()) for query in found.queries)
