from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.fetch.body import PIECE, Decoder
from pixcrawler_core.fetch.failure import Failure


def decoded(encoding: str, data: bytes, step: int) -> tuple[bytes, bool]:
    decoder = Decoder(encoding)
    pieces = [piece for at in range(0, len(data), step) for piece in decoder.feed(data[at : at + step])]
    assert max(map(len, pieces), default=0) <= PIECE
    return b"".join(pieces), decoder.complete


@settings(max_examples=50, deadline=None)
@given(
    st.binary(max_size=300), st.integers(1, 400), st.integers(0, 300), st.sampled_from(["gzip", "deflate"])
)
def test_however_it_is_cut(body: bytes, step: int, split: int, encoding: str) -> None:
    if encoding == "gzip":
        data = gzip.compress(body[:split]) + gzip.compress(body[split:])
    else:
        data = zlib.compress(body, wbits=15 if split % 2 else -15)
    assert decoded(encoding, data, step) == (body, True)


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 5 * PIECE + 7, PIECE + 258])
def test_sizes_around_a_piece(size: int) -> None:
    assert decoded("gzip", gzip.compress(bytes(size)), 2**30) == (bytes(size), True)
    assert decoded("deflate", zlib.compress(bytes(size)), 1000) == (bytes(size), True)
    assert decoded("deflate", zlib.compress(bytes(size), wbits=-15), 2**30) == (bytes(size), True)


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=100), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_decoded_or_refused(data: bytes, encoding: str) -> None:
    with suppress(Failure):
        decoded(encoding, data, 7)


def test_cut_stream_is_not_complete() -> None:
    assert not decoded("gzip", gzip.compress(b"picture")[:-1], 100)[1]
