"""The true copies that duplicates are looked for among, and how what is found is scored."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from accuracy.alterations import ALTERATIONS
from accuracy.copies import Original, Trial, Version, copies, versions
from accuracy.duplicates import Asked
from accuracy.duplicates_report import scored
from accuracy.photographs import Photograph
from corpora import listed

from pixcrawler_core.components import Deduper
from pixcrawler_core.registry import load
from tests.conftest import PHOTOGRAPHS

PICTURES = ("meadow", "meadow, small", "meadow, by night", "rocket")
ALTERATION = ALTERATIONS[0].name
OTHER = ALTERATIONS[1].name


@pytest.fixture
def trial() -> Trial:
    """Four originals, in the halves in turn; two versions of the first (4, 5), one of the last (6)."""
    originals = [
        Original(
            photograph=Photograph(name, Path(name)),
            group=name.partition(",")[0],
            variant="night" if "night" in name else "",
            half=number % 2,
            altered=number in (0, 3),
        )
        for number, name in enumerate(PICTURES)
    ]
    made = [(0, ALTERATION), (0, OTHER), (3, ALTERATION)]
    return Trial(originals, [Version(path=Path(name), source=one, alteration=name) for one, name in made])


def test_collections_are_known_and_no_picture_comes_twice() -> None:
    rows = copies()
    text = (Path(__file__).parents[2] / "benchmarks/accuracy/copies.csv").read_text()
    assert len(rows) == len(text.splitlines()) - 1 >= 100
    assert {row["collection"] for row in rows.values()} <= {*listed(), "examples"}
    examples = [row["file"] for row in rows.values() if row["collection"] == "examples"]
    assert [name for name in examples if not (PHOTOGRAPHS / name).is_file()] == []


def test_a_group_has_several_pictures_and_a_variant_is_one_of_a_group() -> None:
    rows = copies().values()
    sizes = Counter(row["group"] for row in rows if row["group"])
    assert [group for group, size in sizes.items() if size < 2] == []
    assert [row["file"] for row in rows if row["variant"] and not row["group"]] == []


def test_of_a_group_the_same_variant_is_a_copy_and_another_one_is_doubtful(trial: Trial) -> None:
    assert [trial.right((one, 0)) for one in (1, 2, 3)] == [True, None, False]
    assert [trial.right((version, 2)) for version in (4, 6)] == [None, False]
    assert trial.true_copies() == {(1, 0)}


def test_a_method_is_asked_for_versions_and_for_originals_among_themselves(tmp_path: Path) -> None:
    examples = [Photograph(path.name, path) for path in sorted(PHOTOGRAPHS.glob("landscapes/*.jpg"))[:2]]
    again = tmp_path / "again.jpg"
    again.write_bytes(ALTERATIONS[1].made(examples[1].picture(), "0"))
    pictures = [
        Original(photograph=each, group=each.name, half=0, altered=number == 0)
        for number, each in enumerate([*examples, Photograph("again", again)])
    ]
    made = list(versions(pictures, 1, tmp_path))
    asked = Asked(load(installed=False).build(Deduper, "phash"))
    asked.ask(Trial(pictures, made), tmp_path / "index")
    assert [each.alteration for each in made] == [each.name for each in ALTERATIONS]
    numbers = {each.alteration: number for number, each in enumerate(made, len(pictures))}
    assert {(2, 1), (numbers["half size"], 0), (numbers["mirrored"], 0)} <= asked.pairs
    assert {key for number, key in asked.pairs if number > 2} == {0}
    assert {pair for pair in asked.pairs if pair[0] <= 2} == {(2, 1)}
    assert {what: calls for what, (calls, _) in asked.clocks()} == {"fingerprint": 18, "find": 15, "same": 0}


def test_recall_asks_for_the_photograph_itself(trial: Trial) -> None:
    score = scored(trial, {(4, 0), (5, 1)}, 0)
    assert (score.recall(ALTERATION), score.recall(OTHER), score.mean_recall) == (1, 0, 0.5)
    assert (score.right, score.wrong, score.precision) == (2, [], 1)


def test_a_pair_is_in_the_half_of_what_was_looked_up(trial: Trial) -> None:
    pairs = {(1, 0), (3, 0), (4, 3), (5, 2)}
    tuned, other = (scored(trial, pairs, half) for half in (0, 1))
    assert (tuned.right, tuned.wrong, tuned.precision) == (0, [(4, 3)], 0)
    assert (other.right, other.wrong, other.precision) == (1, [(3, 0)], 0.5)
    assert (tuned.asked.total(), other.asked.total(), other.mean_recall) == (2, 1, 0)


def test_nothing_found_has_no_precision(trial: Trial) -> None:
    assert scored(trial, {(5, 2)}, 0).precision is None
