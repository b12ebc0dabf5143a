"""TensorFlow's `Example` messages, encoded without TensorFlow.

The message is that of `tensorflow/core/example/example.proto` and `feature.proto`, the encoding that of
https://protobuf.dev/programming-guides/encoding/. Each function gives the bytes of an entry of the map
`Features.feature`; what is encoded with the same values in the same order has the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

BYTES, FLOATS, INTEGERS = 1, 2, 3
"""Fields of `Feature`: `bytes_list`, `float_list` and `int64_list`."""
_FIRST, _SECOND = 1, 2
_LENGTH_DELIMITED = 2
_WHOLE = 1 << 64


def texts(name: str, values: Iterable[str]) -> bytes:
    """A feature with texts, in UTF-8; halves of surrogate pairs become question marks."""
    encoded = (value.encode("utf-8", "replace") for value in values)
    return _entry(name, BYTES, b"".join(_field(_FIRST, value) for value in encoded))


def floats(name: str, values: Sequence[float]) -> bytes:
    """A feature with numbers of single precision."""
    return _entry(name, FLOATS, _field(_FIRST, struct.pack(f"<{len(values)}f", *values)))


def integers(name: str, values: Iterable[int]) -> bytes:
    """A feature with whole numbers, -2^63 to 2^63 - 1."""
    return _entry(name, INTEGERS, _field(_FIRST, b"".join(_varint(value % _WHOLE) for value in values)))


def before(name: str, size: int, entries: bytes) -> bytes:
    """All of an Example but the last `size` bytes: those are the one value of its last feature, `name`.

    `entries` are its other features. An image of any size need not be in memory to be written.
    """
    value = _opening(_FIRST, size)
    feature = _opening(BYTES, len(value) + size) + value
    entry = _field(_FIRST, name.encode()) + _opening(_SECOND, len(feature) + size) + feature
    features = entries + _opening(_FIRST, len(entry) + size) + entry
    return _opening(_FIRST, len(features) + size) + features


def _entry(name: str, kind: int, values: bytes) -> bytes:
    return _field(_FIRST, _field(_FIRST, name.encode()) + _field(_SECOND, _field(kind, values)))


def _field(number: int, value: bytes) -> bytes:
    return _opening(number, len(value)) + value


def _opening(number: int, size: int) -> bytes:
    """What stands before a field of this many bytes."""
    return bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(size)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
