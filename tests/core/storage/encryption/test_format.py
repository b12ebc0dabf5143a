"""The format: any length, any part, and whatever is changed in it is found."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pixcrawler_core.storage.encryption.files import decrypt_file, encrypt_file
from pixcrawler_core.storage.encryption.format import LEAST_BITS, MOST_CHUNKS, Header, Lock, read_header
from pixcrawler_core.storage.encryption.keys import KeyMissing, KeyRing, new_ring
from pixcrawler_core.storage.encryption.sealing import BLOCK, Sealer, decrypted, new_sealer, sealer_of
from pixcrawler_core.storage.errors import ObjectDamaged

RING = new_ring()
CHUNK = 1 << LEAST_BITS
SEALED = CHUNK + 16
NAME = "a/b.jpg"
LENGTHS = st.one_of(
    st.integers(0, 6 * CHUNK),
    st.builds(lambda chunks, more: max(0, chunks * CHUNK + more), st.integers(0, 6), st.integers(-1, 1)),
)
"""Around the borders of chunks above all."""

WRAPPED = "0ebcb5deb52c83bd08a8a935182c9199d24356532881602f809eb383c5ff5d560127d8b5385c2af2c842d8ba401be3af"
KNOWN = (
    "50584345010670726566697837056b65792d310000000000000000000000000ebcb5deb52c83bd08a8a935182c9199d2"
    "4356532881602f809eb383c5ff5d560127d8b5385c2af2c842d8ba401be3af8f72a3a9ff991743a3e45b183d0f4cad59"
    "2fa1ac3ed41f"
)
"""Made by AESGCM of cryptography alone, without a line of ours."""


class Encrypted(NamedTuple):
    plain: bytes
    header: Header
    data: bytes


def encrypted(size: int, name: str = NAME, ring: KeyRing = RING) -> Encrypted:
    plain, out = random.Random(size).randbytes(size), io.BytesIO()
    sealer = new_sealer(ring, name, bits=LEAST_BITS)
    assert sealer.encrypt(io.BytesIO(plain), out).size == size
    return Encrypted(plain, sealer.header, out.getvalue())


def whole(data: bytes, pieces: int = 50) -> bytes:
    parts = (data[begin : begin + pieces] for begin in range(0, len(data), pieces))
    return b"".join(decrypted(parts, RING, NAME))


@given(LENGTHS, st.integers(1, 400))
def test_what_was_encrypted_comes_back(size: int, pieces: int) -> None:
    """However the store cuts it; and the sizes can be told from each other."""
    made = encrypted(size)
    assert whole(made.data, pieces) == made.plain
    assert made.header.sealed(size) == len(made.data)
    assert made.header.plain(len(made.data)) == size
    assert read_header(made.data) == made.header


@given(LENGTHS, st.integers(0, 7 * CHUNK), st.none() | st.integers(0, 7 * CHUNK))
def test_any_part_comes_back(size: int, begin: int, length: int | None) -> None:
    made = encrypted(size)
    end = None if length is None else begin + length
    found = b"".join(decrypt_file(io.BytesIO(made.data), RING, NAME, begin, length))
    assert found == made.plain[begin:end]


@given(LENGTHS, st.data())
def test_any_change_of_a_byte_is_found(size: int, draw: st.DataObject) -> None:
    """In the header as in the chunks, by a read of all and of the part where it is."""
    made = encrypted(size)
    at = draw.draw(st.integers(0, len(made.data) - 1))
    data = bytearray(made.data)
    data[at] ^= draw.draw(st.integers(1, 255))
    assert refused(bytes(data))


@given(LENGTHS, st.data())
def test_any_cut_is_found(size: int, draw: st.DataObject) -> None:
    """At a border of chunks, or within one."""
    made = encrypted(size)
    borders = range(len(made.header.packed()), len(made.data), SEALED)
    kept = draw.draw(st.one_of(st.integers(0, len(made.data) - 1), st.sampled_from(borders)))
    assert refused(made.data[:kept])


@given(LENGTHS, st.binary(min_size=1, max_size=2 * SEALED))
def test_anything_added_is_found(size: int, more: bytes) -> None:
    assert refused(encrypted(size).data + more)


@given(st.integers(2, 6), st.integers(0, CHUNK), st.data())
def test_chunks_in_another_order_are_found(chunks: int, more: int, draw: st.DataObject) -> None:
    """Swapped, doubled, left out, or those of another object."""
    made, other = encrypted(chunks * CHUNK + more), encrypted(chunks * CHUNK + more)
    begin = len(made.header.packed())
    there, foreign = (
        [each.data[at : at + SEALED] for at in range(begin, len(each.data), SEALED)] for each in (made, other)
    )
    mixed = draw.draw(st.lists(st.sampled_from(there + foreign), max_size=len(there) + 1))
    assume(mixed != there)
    assert refused(made.data[:begin] + b"".join(mixed))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert refused(data)


@given(st.binary(max_size=300))
def test_any_header_is_refused(data: bytes) -> None:
    assert refused(b"PXCE\x01\x06" + data)


def test_another_name_is_refused() -> None:
    """Its content key is bound to the first."""
    made = encrypted(100, "a/c.jpg")
    assert refused(made.data)


def test_blocks_of_any_size_are_encrypted() -> None:
    """Also those that are read at once, to the byte."""
    for size in (BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 5):
        plain, out = random.Random(size).randbytes(size), io.BytesIO()
        encrypt_file(io.BytesIO(plain), out, RING, NAME)
        assert b"".join(decrypt_file(out, RING, NAME)) == plain
        assert b"".join(decrypt_file(out, RING, NAME, BLOCK - 10, 30)) == plain[BLOCK - 10 : BLOCK + 20]


def test_a_nonce_never_comes_twice() -> None:
    """Of chunks and of the note; after the last number there is none."""
    header = Header(LEAST_BITS, b"1234567", Lock("key", b"", b""))
    nonces = [header.nonce(number, flag) for number in (0, 1, 255, 256, MOST_CHUNKS - 1) for flag in range(3)]
    assert len(set(nonces)) == len(nonces)
    assert {len(nonce) for nonce in nonces} == {12}
    with pytest.raises(ValueError, match="chunks"):
        header.nonce(MOST_CHUNKS, 0)


def test_a_note_is_no_chunk() -> None:
    """Nor the other way round."""
    made = encrypted(10)
    sealer = sealer_of(made.header, RING, NAME)
    note = sealer.seal_note(b"0123456789")
    assert sealer.open_note(note) == b"0123456789"
    assert refused(made.header.packed() + note)
    with pytest.raises(ObjectDamaged, match="noted"):
        sealer.open_note(made.data[len(made.header.packed()) :])


def test_a_known_object_stays_readable() -> None:
    """Bytes that were written by the first version of the format."""
    ring = KeyRing(keys={"key-1": bytes(range(32))}, active="key-1")
    out = io.BytesIO()
    lock = Lock("key-1", bytes(12), bytes.fromhex(WRAPPED))
    Sealer(Header(6, b"prefix7", lock), bytes(32), NAME).encrypt(io.BytesIO(b"picture"), out)
    assert out.getvalue().hex() == KNOWN
    assert b"".join(decrypted(iter([bytes.fromhex(KNOWN)]), ring, NAME)) == b"picture"


def refused(data: bytes) -> bool:
    """Whether each reader refuses it and names the object; a changed id of a key is one that is missing."""
    return all(NAME in problem(read) for read in (partial(whole, data), partial(parts, data)))


def parts(data: bytes) -> bytes:
    return b"".join(decrypt_file(io.BytesIO(data), RING, NAME))


def problem(read: Callable[[], bytes]) -> str:
    """What a reader says against what it reads; nothing if it reads it."""
    try:
        read()
    except (ObjectDamaged, KeyMissing) as error:
        return str(error)
    return ""
