from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.dedup.best import Standing, freedom

BETTER_FIRST = (
    Standing(name="z", pixels=200),
    Standing(name="z", pixels=100, quality=0.9),
    Standing(name="z", pixels=100, quality=0.5, licence="cc0"),
    Standing(name="z", pixels=100, quality=0.5, licence="cc-by-4.0"),
    Standing(name="z", pixels=100, quality=0.5, licence="cc-by-nd-4.0"),
    Standing(name="z", pixels=100, quality=0.5, licence="cc-by-nc-nd"),
    Standing(name="z", pixels=100, quality=0.5, source=0),
    Standing(name="z", pixels=100, quality=0.5, source=1),
    Standing(name="z", pixels=100, quality=0.5, size=20),
    Standing(name="z", pixels=100, quality=0.5, size=10),
    Standing(name="a", pixels=100, quality=0.5),
    Standing(name="b", pixels=100, quality=0.5),
    Standing(name="z", pixels=100),
    Standing(name="z", licence="all-rights-reserved"),
)
STANDINGS = st.builds(
    Standing,
    name=st.text(max_size=2),
    pixels=st.integers(0, 2),
    quality=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    licence=st.none() | st.sampled_from(["cc0", "cc-by-nc", "unheard-of"]),
    source=st.none() | st.integers(0, 2),
    size=st.integers(0, 2),
)


def test_the_order() -> None:
    assert [one for one, other in pairwise(BETTER_FIRST) if not one.key < other.key] == []


@given(STANDINGS, STANDINGS)
def test_of_two_names_one_is_always_better(one: Standing, other: Standing) -> None:
    assert (one.key < other.key) != (other.key < one.key) or one.name == other.name


def test_freedom() -> None:
    codes = ("pdm", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-nd-4.0", "all-rights-reserved", None)
    assert [freedom(code) for code in codes] == [5, 4, 2, 1, 0, 0]
