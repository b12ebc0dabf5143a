from __future__ import annotations

import datetime
import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.converters.pickles import loads

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class Runs:
    """What a hostile pickle does when it is loaded: calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@given(PLAIN, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_values_are_read(value: Any, protocol: int) -> None:
    assert loads(pickle.dumps(value, protocol), {}) == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [os.mkdir, eval, exec])
def test_hostile_pickles_run_nothing(tmp_path: Path, function: Any, protocol: int) -> None:
    argument = (
        str(tmp_path / "made")
        if function is os.mkdir
        else f"__import__('os').mkdir({str(tmp_path / 'made')!r})"
    )
    hostile = pickle.dumps({"min_": [Runs(function, argument)]}, protocol)
    with pytest.raises(ModelError, match=r"^the pickle names \w+\.(mkdir|eval|exec), which is not allowed"):
        loads(hostile, {("collections", "OrderedDict"): OrderedDict})
    assert not (tmp_path / "made").exists()
    pickle.loads(hostile)  # noqa: S301  # it would have
    assert (tmp_path / "made").exists()


def test_only_what_is_listed_may_be_named() -> None:
    data = pickle.dumps(OrderedDict(a=1))
    assert loads(data, {("collections", "OrderedDict"): OrderedDict}) == {"a": 1}
    with pytest.raises(ModelError, match=r"names collections\.OrderedDict, which is not allowed"):
        loads(data, {("datetime", "date"): datetime.date})


def test_references_outside_are_refused() -> None:
    class Referring(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return "storage" if isinstance(obj, bytearray) else None

    out = io.BytesIO()
    Referring(out).dump([bytearray()])
    with pytest.raises(ModelError, match="refers to 'storage' outside itself"):
        loads(out.getvalue(), {})


@given(st.binary())
def test_any_bytes_are_a_plain_value_or_an_error(data: bytes) -> None:
    try:
        value = loads(data, {})
    except ModelError:
        return
    assert type(value).__module__ == "builtins"
