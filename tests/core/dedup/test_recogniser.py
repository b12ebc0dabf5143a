"""What a run recognises, and that its indexes agree with the catalog whatever happened."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixcrawler_core.dedup.methods import Method, build_methods
from pixcrawler_core.dedup.recogniser import AT_ONCE, Lacking, Recognised, Recogniser, Study
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Match
from pixcrawler_core.registry import load

DIGESTS = {number: f"{number:02x}" * 32 for number in range(12)}
METHODS = build_methods(load(installed=False), ["sha256"], {})


def image(digest: str) -> Image:
    return Image(Path(digest), digest, 1)


def opened(folder: Path) -> Recogniser:
    return Recogniser(METHODS, folder, image)


def study(number: int) -> Study:
    return Study(prints={"sha256": {"sha256": DIGESTS[number]}})


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=4), st.sets(st.integers(0, 11)))
def test_it_knows_what_is_kept_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, states: list[set[int]], busy: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("indexes")
    known: set[int] = set()
    for kept in states:
        recogniser = opened(folder)
        rows = [(number, DIGESTS[number]) for number in sorted(kept)]
        recogniser.agree(lambda rows=rows: rows, busy.__contains__, Prints())  # type: ignore[misc]
        known = kept | (known & busy)
        for number, digest in DIGESTS.items():
            found = [each.key for each in recogniser.find(image(digest), study(number))]
            assert found == [number] * (number in known)
        recogniser.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 11)), min_size=1, max_size=4))
def test_rows_whose_bytes_were_fetched_again_are_known_by_the_new_ones(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("indexes")
    for kept in states:
        recogniser = opened(folder)
        rows = [(key, DIGESTS[number]) for key, number in sorted(kept.items())]
        recogniser.agree(lambda rows=rows: rows, lambda _: False, Prints())  # type: ignore[misc]
        for number, digest in DIGESTS.items():
            found = {each.key for each in recogniser.find(image(digest), study(number))}
            assert found == {key for key, own in kept.items() if own == number}
        recogniser.close()


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.dictionaries(st.integers(0, 2), st.integers(0, 1))), max_size=4)
)
@example([(1, {0: 0}), (2, {0: 1}), (1, {0: 1})])
def test_a_method_that_was_not_asked_meanwhile_knows_the_new_bytes(
    tmp_path_factory: pytest.TempPathFactory, states: list[tuple[int, dict[int, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("indexes")
    both = [METHODS[0], dataclasses.replace(METHODS[0], name="later", version="later@1:0")]
    for asked, kept in states:
        methods = [each for bit, each in enumerate(both) if asked >> bit & 1]
        recogniser = Recogniser(methods, folder, image)
        rows = [(key, DIGESTS[number]) for key, number in sorted(kept.items())]
        recogniser.agree(lambda rows=rows: rows, lambda _: False, Prints())  # type: ignore[misc]
        for number in range(2):
            prints = Study(prints={each.name: {"sha256": DIGESTS[number]} for each in methods})
            own = {key for key in kept if kept[key] == number}
            found = [{each.key for each in one} for one in recogniser.answers(image(DIGESTS[number]), prints)]
            assert found == [own] * len(methods) * bool(own)
        recogniser.close()


def test_bytes_that_were_fetched_again_replace_others(tmp_path: Path) -> None:
    matcher = Doubtful()
    method = Method(name="doubtful", matcher=matcher, version="doubtful@1:0")  # type: ignore[arg-type]
    recogniser = Recogniser([method], tmp_path, image)
    recogniser.add(1, image(DIGESTS[1]), recogniser.study(image(DIGESTS[1]), {}))
    seen = recogniser.study(image(DIGESTS[2]), {})
    with pytest.raises(KeyError):
        recogniser.add(1, image(DIGESTS[2]), Study())  # as if the process ended there
    assert matcher.held == {}
    recogniser.add(1, image(DIGESTS[2]), seen)
    assert matcher.held == {1: DIGESTS[2]}
    recogniser.close()


def test_keys_can_be_left_out_before_a_method_has_the_last_word(tmp_path: Path) -> None:
    later = Method(name="doubtful", matcher=Doubtful(), version="doubtful@1:0")  # type: ignore[arg-type]
    recogniser = Recogniser([*METHODS, later], tmp_path, image)
    seen = recogniser.study(image(DIGESTS[1]), {})
    recogniser.add(1, image(DIGESTS[1]), seen)
    recogniser.add(2, image(DIGESTS[2]), recogniser.study(image(DIGESTS[2]), {}))
    assert [each.key for each in recogniser.find(image(DIGESTS[1]), seen)] == [1]
    assert [each.key for each in recogniser.find(image(DIGESTS[1]), seen, but={1})] == [2]
    recogniser.close()


def test_a_process_that_dies_leaves_no_key_of_unknown_bytes(tmp_path: Path) -> None:
    matcher = Doubtful()
    method = Method(name="doubtful", matcher=matcher, version="doubtful@1:0")  # type: ignore[arg-type]
    dying = Recogniser([method], tmp_path, image)
    dying.add(1, image(DIGESTS[1]), dying.study(image(DIGESTS[1]), {}))
    later = Recogniser([method], tmp_path, image)
    later.agree(lambda: [(1, DIGESTS[2])], lambda _: False, Prints())
    assert matcher.held == {1: DIGESTS[2]}
    later.close()
    dying.close()


def test_an_image_is_known_until_it_is_removed(tmp_path: Path) -> None:
    recogniser = opened(tmp_path)
    recogniser.add(7, image(DIGESTS[1]), study(1))
    assert recogniser.find(image(DIGESTS[1]), study(1)) == [Recognised(key=7, method="sha256", distance=0)]
    recogniser.remove(7)
    assert recogniser.find(image(DIGESTS[1]), study(1)) == []
    recogniser.close()


class Prints:
    """Keeps fingerprints by digest in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.groups: list[int] = []

    def of(self, sha256: str, /) -> Mapping[str, Mapping[str, Any]]:
        return self.kept.get(sha256, {})

    def keep(self, rows: Sequence[tuple[str, Mapping[str, Mapping[str, Any]]]], /) -> None:
        self.groups.append(len(rows))
        for digest, told in rows:
            self.kept.setdefault(digest, {}).update(told)


class Doubtful:
    """Finds every image for every other one, and is not sure; looks count."""

    def __init__(self) -> None:
        self.held: dict[int, str] = {}
        self.looks: list[tuple[str, str]] = []
        self.made = 0

    def fingerprint(self, image: Image, /) -> dict[str, str]:
        self.made += 1
        if image.sha256 == DIGESTS[9]:
            raise ZeroDivisionError("no such picture")
        return {"sha256": image.sha256}

    def open(self, folder: Path, /) -> Doubtful:
        return self

    def same(self, image: Image, other: Image, /) -> bool:
        self.looks.append((image.sha256, other.sha256))
        if image.sha256 == DIGESTS[8]:
            raise DecodeError("truncated", "cut")
        return image.sha256[0] == other.sha256[0]

    def add(self, key: int, fingerprint: dict[str, str], /) -> None:
        self.held[key] = fingerprint["sha256"]

    def remove(self, key: int, /) -> None:
        self.held.pop(key, None)

    def find(self, fingerprint: dict[str, str], /) -> list[Match]:
        return [Match(key, 0.1, sure=False) for key in self.held]

    def pairs(self) -> Iterator[object]:
        return iter(())

    def keys(self) -> Iterator[int]:
        return iter(sorted(self.held))

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """There is no file."""


def test_doubtful_matches_are_looked_at_once(tmp_path: Path) -> None:
    matcher = Doubtful()
    method = Method(name="doubtful", matcher=matcher, version="doubtful@1:0")  # type: ignore[arg-type]
    recogniser = Recogniser([method], tmp_path, image)
    for number in (1, 2):
        recogniser.add(number, image(DIGESTS[number]), recogniser.study(image(DIGESTS[number]), {}))
    seen = recogniser.study(image(DIGESTS[3]), {})
    assert matcher.looks == []
    recogniser.find(image(DIGESTS[3]), seen)
    looks = list(matcher.looks)
    assert len(looks) == 2
    found = [Recognised(key=number, method="doubtful", distance=0.1) for number in (1, 2)]
    assert recogniser.find(image(DIGESTS[3]), seen) == found
    assert matcher.looks == looks
    assert recogniser.find(image(DIGESTS[8]), recogniser.study(image(DIGESTS[8]), {})) == []
    recogniser.close()


def test_fingerprints_are_made_once_and_failures_have_a_reason(tmp_path: Path) -> None:
    method = Method(name="doubtful", matcher=Doubtful(), version="doubtful@1:0")  # type: ignore[arg-type]
    recogniser = Recogniser([method], tmp_path, image)
    made = recogniser.study(image(DIGESTS[3]), {})
    assert made.fresh == {"dedup/doubtful@1:0": {"sha256": DIGESTS[3]}}
    again = recogniser.study(image(DIGESTS[9]), made.fresh)
    assert (again.prints, again.fresh) == (made.prints, {})
    with pytest.raises(DecodeError, match=r"'doubtful' failed: .*no such picture") as caught:
        recogniser.study(image(DIGESTS[9]), {})
    assert caught.value.reason == "fingerprint-failed"
    recogniser.close()


def test_all_methods_are_asked_but_only_when_it_is_their_turn(tmp_path: Path) -> None:
    matcher = Doubtful()
    later = Method(name="doubtful", matcher=matcher, version="doubtful@1:0")  # type: ignore[arg-type]
    recogniser = Recogniser([*METHODS, later], tmp_path, image)
    for number in (1, 2):
        recogniser.add(number, image(DIGESTS[number]), recogniser.study(image(DIGESTS[number]), {}))
    answers = recogniser.answers(image(DIGESTS[1]), recogniser.study(image(DIGESTS[1]), {}))
    assert next(answers) == [Recognised(key=1, method="sha256", distance=0)]
    assert matcher.looks == []
    assert [[each.key for each in found] for found in answers] == [[1, 2]]
    recogniser.close()


def test_what_an_index_lacks_is_made_once_for_all_indexes_and_watched(tmp_path: Path) -> None:
    matcher, store = Doubtful(), Prints()
    method = Method(name="doubtful", matcher=matcher, version="doubtful@1:0")  # type: ignore[arg-type]
    digests = [f"{number:064x}" for number in range(AT_ONCE + 10)]
    rows = list(enumerate(digests, 1))
    watched: list[tuple[int, list[tuple[int, str]]]] = []

    def watch(lacking: Lacking, total: int) -> Lacking:
        watched.append((total, []))
        for each in lacking:
            watched[-1][1].append(each)
            yield each

    def agree(folder: str, method: Method = method) -> None:
        recogniser = Recogniser([*METHODS, method], tmp_path / folder, image)
        recogniser.agree(lambda: rows, lambda _: False, store, watch)
        recogniser.close()

    agree("one")
    assert watched == [(len(rows), rows), (len(rows), rows)]  # of both methods
    assert (store.groups, matcher.made) == ([AT_ONCE, 10], len(rows))
    assert store.kept[digests[3]] == {method.key: {"sha256": digests[3]}}
    del watched[:], matcher.held[7]
    agree("one")
    assert watched == [(1, [rows[6]])]
    matcher.held.clear()
    agree("two")
    assert (len(matcher.held), matcher.made) == (len(rows), len(rows))
    matcher.held.clear()
    agree("three", dataclasses.replace(method, keeps=False))
    assert (matcher.made, len(store.groups)) == (2 * len(rows), 2)
