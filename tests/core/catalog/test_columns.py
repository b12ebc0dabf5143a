from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.catalog.columns import (
    CANDIDATE,
    OUTCOME,
    candidate_of,
    clean,
    meta_of,
    outcome_of,
    outcome_values,
)
from pixcrawler_core.catalog.fields import from_sql_time, to_json, to_sql_time
from pixcrawler_core.records import Candidate, Outcome, Stage, State

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
MAYBE = st.none() | ANY_TEXT
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
OBJECT = st.dictionaries(ANY_TEXT, JSON, max_size=3)
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": ANY_TEXT,
    "str | None": MAYBE,
    "int": st.integers(0, 2**31 - 1),
    "int | None": st.none() | st.integers(0, 2**63 - 1),
    "bool": st.booleans(),
    "bool | None": st.none() | st.booleans(),
    "tuple[str, ...]": st.lists(ANY_TEXT, max_size=3).map(tuple),
    "Mapping[str, Any]": OBJECT,
    "Mapping[str, Any] | None": st.none() | OBJECT,
    "State": st.sampled_from(State),
    "Stage": st.sampled_from(Stage),
}
CANDIDATES = st.builds(Candidate, **{each.name: BY_TYPE[str(each.type)] for each in fields(Candidate)})
CLEAN = MAYBE.map(clean)
NO_COLUMN = {"replaces"}
"""What an outcome does to another row is found there."""
OUTCOMES = st.builds(
    Outcome,
    **{
        each.name: CLEAN if str(each.type) == "str | None" else BY_TYPE[str(each.type)]
        for each in fields(Outcome)
        if each.name not in NO_COLUMN
    },
)


def stored(candidate: Candidate) -> list[Any]:
    """The columns as the ledger fills them."""
    meta = meta_of(candidate, "openverse", "red panda")
    texts = {"url": clean(candidate.image_url), "category": clean(candidate.category), "meta": meta}
    return [texts[name] if name in texts else getattr(candidate, name) for name in CANDIDATE]


@settings(max_examples=60, deadline=None)
@given(CANDIDATES)
def test_candidates_come_back_equal(candidate: Candidate) -> None:
    columns = stored(candidate)
    for text in (value for value in columns if isinstance(value, str)):
        assert "\0" not in text
        text.encode()
    assert candidate_of(columns, "openverse", "red panda") == candidate


@settings(max_examples=60, deadline=None)
@given(OUTCOMES)
def test_outcomes_come_back_equal(outcome: Outcome) -> None:
    values = outcome_values(outcome)
    assert len(values) == len(OUTCOME)
    assert outcome_of(values) == outcome


def test_every_field_of_an_outcome_has_its_column() -> None:
    assert {each.name for each in fields(Outcome)} == {*OUTCOME, *NO_COLUMN}


@settings(deadline=None)
@given(ANY_TEXT)
def test_clean_text_fits_both_databases_and_stays_as_it_was_if_it_did(text: str) -> None:
    cleaned = clean(text) or ""
    assert "\0" not in cleaned
    cleaned.encode()
    if "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert cleaned == text


def test_clean_replaces_what_does_not_fit() -> None:
    assert clean("a\0b\ud800c\U0001f43c") == "a\ufffdb\ufffdc\U0001f43c"
    assert clean(None) is None


def test_json_knows_the_values_that_checks_and_sources_use() -> None:
    values = {
        "f": np.float32(0.5),
        "i": np.int64(3),
        "b": np.bool_(True),
        "m": MappingProxyType({"k": 1}),
        "t": datetime(2026, 1, 1, tzinfo=UTC),
    }
    assert to_json(values) == '{"f":0.5,"i":3,"b":true,"m":{"k":1},"t":"2026-01-01 00:00:00+00:00"}'


def test_moments_are_kept_in_utc_and_sort_as_text() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=3)))
    assert to_sql_time(noon) == "2026-01-01 09:00:00.000000"
    assert from_sql_time(to_sql_time(noon)) == noon
    assert to_sql_time(noon) < to_sql_time(noon + timedelta(microseconds=1))
    with pytest.raises(ValueError, match="time zone"):
        to_sql_time(datetime(2026, 1, 1))  # noqa: DTZ001  # the very thing that is refused
