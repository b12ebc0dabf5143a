"""Ranges of bytes (RFC 9110, section 14), told as its sentences tell them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pixcrawler_server.ranges import Span, Unsatisfiable, may_be_partial, span_of

SIZE = 10_000
"""Of the example in section 14.1.2."""


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-499", (0, 500)),
        ("bytes=500-999", (500, 1000)),
        ("bytes=-500", (9500, 10000)),
        ("bytes=9500-", (9500, 10000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=-1", (9999, 10000)),
        ("bytes=0-99999", (0, 10000)),
        ("bytes=-99999", (0, 10000)),
        ("BYTES=1-2", (1, 3)),
        ("bytes= 1-2 ,", (1, 3)),
        ("bytes=00001-0000000000000000000002", (1, 3)),
        (f"bytes=0-{'9' * 5000}", (0, 10000)),
    ],
)
def test_what_is_asked(header: str, span: tuple[int, int]) -> None:
    assert span_of(header, SIZE) == span


@pytest.mark.parametrize("header", ["bytes=10000-", "bytes=10000-20000", "bytes=-0", f"bytes={'9' * 5000}-"])
def test_what_is_not_there(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        span_of(header, SIZE)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=0x1-2",
        "bytes=+1-2",
        "bytes=1-2 3-4",
        "bytes=\u0661-\u0662",
        "items=0-1",
        "bytes=0-1,5-6",
        "bytes=0-,0-,0-",
    ],
)
def test_what_is_passed_over(header: str | None) -> None:
    assert span_of(header, SIZE) is None


@given(st.text(max_size=40) | st.from_regex(r"bytes=[0-9,\- ]*", fullmatch=True), st.integers(0, 2**40))
@example("bytes=-5", 0)
@example("bytes=0-", 0)
def test_whatever_is_asked_is_a_part_of_what_there_is(header: str, size: int) -> None:
    try:
        span = span_of(header, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.begin < span.end <= size


@given(st.data(), st.integers(1, 2**40))
def test_parts_that_follow_each_other_make_the_whole(data: st.DataObject, size: int) -> None:
    cut = data.draw(st.integers(1, size))
    first = span_of(f"bytes=0-{cut - 1}", size)
    assert first == Span(0, cut)
    rest = size - cut
    if rest:
        assert span_of(f"bytes={cut}-", size) == span_of(f"bytes=-{rest}", size) == Span(cut, size)


def test_a_part_is_sent_only_of_what_the_client_has() -> None:
    assert may_be_partial(None, '"a"')
    assert may_be_partial('"a"', '"a"')
    assert not may_be_partial('"b"', '"a"')
    assert not may_be_partial('W/"a"', '"a"')
    assert not may_be_partial("Wed, 21 Oct 2015 07:28:00 GMT", '"a"')
