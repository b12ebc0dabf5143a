"""How an encrypted object is laid out; docs/storage.md describes it for other programs.

    header = core | lock        then the chunks
    core   = "PXCE" | version (1 byte) | exponent of the chunk size (1) | prefix of nonces (7)
    lock   = length of the key's id (1) | id | nonce (12) | wrapped content key (32, and a tag of 16)

Each chunk is sealed by AES-256-GCM with the object's own content key under the nonce prefix | number (4, big
endian) | flag (1). The flag is 1 for the last chunk, so that chunks that are left out, moved, or of another
object are found: STREAM, of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance", CRYPTO 2015 (https://eprint.iacr.org/2015/189).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

MAGIC = b"PXCE"
VERSION = 1
CHUNK_BITS = 16
"""Chunks of 64 KiB: what is decrypted at least for a part of an object; 0.02 % are added to the size."""
LEAST_BITS, MOST_BITS = 6, 20
"""Of chunks that are read: 64 bytes to 1 MiB, so that a hostile header cannot ask for much memory."""
KEY_BYTES = 32
"""Of every key: AES-256."""
TAG_BYTES = 16
"""What GCM adds to each chunk."""
NONCE_BYTES = 12
PREFIX_BYTES = 7
MOST_CHUNKS = 2**32
"""With chunks of 64 KiB an object can have 256 TiB."""
CHUNK, LAST, NOTE = 0, 1, 2
"""Flags in nonces: a chunk, the last chunk, what is noted beside the object."""
WRAPPED_BYTES = KEY_BYTES + TAG_BYTES
_CORE = struct.Struct(f">4sBB{PREFIX_BYTES}s")
MOST_ID = 64
"""Letters of a key's id."""
MOST_HEADER = _CORE.size + 1 + MOST_ID + NONCE_BYTES + WRAPPED_BYTES
_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")


def check_id(key_id: str) -> None:
    """Raise ValueError unless this can be the id of a key: 1 to 64 letters, digits, hyphens, underscores."""
    if not key_id.isascii() or not _ID.fullmatch(key_id.encode()):
        raise ValueError(f"the id {key_id[:80]!r} of a key is not of 1 to {MOST_ID} letters, digits, - and _")


@dataclass(frozen=True, slots=True)
class Lock:
    """A key that another key has wrapped, and the id of that one."""

    key_id: str
    nonce: bytes
    wrapped: bytes

    def packed(self) -> bytes:
        """As it stands in a header."""
        return bytes([len(self.key_id)]) + self.key_id.encode() + self.nonce + self.wrapped


@dataclass(frozen=True, slots=True)
class Header:
    """What an encrypted object begins with. Nothing in it is secret; changing any of it is found."""

    bits: int
    """The size of a chunk is two to the power of it, in bytes."""
    prefix: bytes
    lock: Lock

    @property
    def core(self) -> bytes:
        """The part that stays when the content key is wrapped anew; it is authenticated with each chunk."""
        return _CORE.pack(MAGIC, VERSION, self.bits, self.prefix)

    @property
    def chunk(self) -> int:
        """Plain bytes of every chunk but the last."""
        return 1 << self.bits

    def packed(self) -> bytes:
        """As bytes."""
        return self.core + self.lock.packed()

    def nonce(self, number: int, flag: int) -> bytes:
        """Of a chunk, or of the note. Raises ValueError past `MOST_CHUNKS`."""
        if number >= MOST_CHUNKS:
            raise ValueError(f"an encrypted object cannot have more than {MOST_CHUNKS} chunks")
        return self.prefix + number.to_bytes(4, "big") + bytes([flag])

    def chunks(self, size: int) -> int:
        """How many chunks plain bytes make; an empty object has one, too."""
        return max(1, -(-size // self.chunk))

    def sealed(self, size: int) -> int:
        """Bytes of the whole encrypted object of so many plain bytes."""
        return len(self.packed()) + size + self.chunks(size) * TAG_BYTES

    def plain(self, sealed: int) -> int:
        """The opposite of `sealed`. Raises ValueError if no object has this size."""
        body = sealed - len(self.packed())
        size = body - max(1, -(-body // (self.chunk + TAG_BYTES))) * TAG_BYTES
        if size < 0 or self.sealed(size) != sealed:
            raise ValueError(f"no encrypted object has {sealed} bytes")
        return size


def context(core: bytes, key_id: str, name: str) -> bytes:
    """What is authenticated with a wrapped content key: it opens this object under this name alone."""
    return core + key_id.encode() + b"\0" + name.encode()


def read_header(data: bytes) -> Header:
    """The header that bytes begin with. Raises ValueError if they are no encrypted object."""
    if len(data) <= _CORE.size:
        raise ValueError("it is too short to be encrypted")
    magic, version, bits, prefix = _CORE.unpack_from(data)
    if magic != MAGIC:
        raise ValueError("it is not encrypted")
    if version != VERSION:
        raise ValueError(f"it has version {version} of the format, and only {VERSION} can be read")
    if not LEAST_BITS <= bits <= MOST_BITS:
        raise ValueError(f"its chunks cannot have 2^{bits} bytes")
    begin = _CORE.size + 1
    nonce = begin + data[_CORE.size]
    end = nonce + NONCE_BYTES + WRAPPED_BYTES
    if len(data) < end or not _ID.fullmatch(data[begin:nonce]):
        raise ValueError("its header is cut short, or names no key")
    wrapped = nonce + NONCE_BYTES
    return Header(bits, prefix, Lock(data[begin:nonce].decode(), data[nonce:wrapped], data[wrapped:end]))
