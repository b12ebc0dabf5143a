"""JSON as text: the same values as with the standard library, whatever the text is."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core import jsontext

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec=None))
VALUES = st.recursive(SCALARS | TEXTS, lambda part: st.lists(part) | st.dictionaries(TEXTS, part))


@given(VALUES)
def test_values_come_back_as_they_were(value: object) -> None:
    assert json.loads(jsontext.dumps(value)) == value
    assert jsontext.loads(jsontext.dumps(value)) == value
    assert jsontext.loads(json.dumps(value)) == value


def test_what_is_not_in_the_standard_is_read_as_python_writes_it() -> None:
    assert math.isnan(jsontext.loads('{"a": NaN}')["a"])
    assert jsontext.loads("1e400") == math.inf
    assert jsontext.dumps({"a": math.nan}) == '{"a":null}'
    assert json.loads(jsontext.dumps(["\ud800", math.nan, -math.inf])) == ["\ud800", None, None]


@pytest.mark.parametrize("text", ["", "{", "nothing", '{"a":1}}'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        jsontext.loads(text)
