"""The table `[splits]` of the job file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.config.job import Job
from pixcrawler_core.config.load import parse_job
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry, load


@pytest.fixture(scope="module")
def builtin() -> Registry:
    return load(installed=False)


def job(table: str, registry: Registry) -> Job:
    return parse_job(f'[job]\nname = "n"\nkeywords = ["k"]\n{table}', registry, Path())


def test_without_the_table_there_are_no_splits(builtin: Registry) -> None:
    assert job("", builtin).splits.shares == {}


def test_shares_come_in_order_and_add_up(builtin: Registry) -> None:
    table = job("[splits]\ntest = 0.1\nval = 0.1\ntrain = 0.8", builtin).splits
    assert list(table.shares.items()) == [("train", 0.8), ("val", 0.1), ("test", 0.1)]
    assert (table.seed, table.together, table.radius) == (0, ("duplicates", "page"), 10)
    thirds = job("[splits]\ntrain = 0.333\nval = 0.333\ntest = 0.333", builtin).splits
    assert list(thirds.shares.values()) == pytest.approx([1 / 3] * 3)


def test_what_is_not_asked_for_is_no_split(builtin: Registry) -> None:
    assert job("[splits]\ntrain = 0.7\ntest = 0.3\ntogether = []", builtin).splits.shares == {
        "train": 0.7, "test": 0.3,
    }  # fmt: skip
    assert job("[splits]\ntrain = 1.0", builtin).splits.shares == {"train": 1.0}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("seed = 3", "[splits] gives no share; add train = 0.8, val = 0.1 and test = 0.1, say"),
        ("train = 0.8\ntest = 0.1", "[splits] train, test add up to 0.9, not 1; change one of the shares"),
        ("train = 0.0", "[splits] train is 0.0: it should be greater than 0"),
        ("train = 1.5", "[splits] train is 1.5: it should be less than or equal to 1"),
        ("train = nan", "[splits] train"),
        ("trian = 0.8", "unknown key 'trian' in [splits]; did you mean 'train'?"),
        ("train = 1.0\nradius = 17", "[splits] radius is 17: it should be less than or equal to 16"),
        ("train = 1.0\nseed = -1", "[splits] seed is -1: it should be greater than or equal to 0"),
        ("train = 1.0\ntogether = ['licence']", "[splits] item 1 of together is 'licence': it should be"),
        ("train = '0.8'", "[splits] train is '0.8': it should be a number"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(table: str, problem: str, builtin: Registry) -> None:
    with pytest.raises(ConfigError) as caught:
        job(f"[splits]\n{table}", builtin)
    assert str(caught.value).startswith("job file:")
    assert problem in str(caught.value)
