"""Encrypts bytes that come bit by bit, of an object whose name is known when all of them are there."""

from __future__ import annotations

import secrets

from pixcrawler_core.storage.encryption.format import (
    CHUNK_BITS,
    KEY_BYTES,
    NONCE_BYTES,
    PREFIX_BYTES,
    WRAPPED_BYTES,
    Header,
    Lock,
)
from pixcrawler_core.storage.encryption.keys import Keys
from pixcrawler_core.storage.encryption.sealing import Sealer


class GrowingObject:
    """One object: `begin()`, what `add` gives, `end()`; then `header` goes in the place of `begin()`.

    Until then nothing opens it. Used by one thread at a time.
    """

    def __init__(self, keys: Keys, owner: str | None = None) -> None:
        """Raises ConfigError and KeyMissing as the keys do."""
        self._keys, self._content_key = keys, secrets.token_bytes(KEY_BYTES)
        lock = Lock(keys.current(owner), bytes(NONCE_BYTES), bytes(WRAPPED_BYTES))
        header = Header(CHUNK_BITS, secrets.token_bytes(PREFIX_BYTES), lock)
        self._sealer = Sealer(header, self._content_key, "a new object")
        self._rest, self._number = b"", 0

    def begin(self) -> bytes:
        """As many bytes as `header` will have."""
        return self._sealer.header.packed()

    def add(self, data: bytes) -> bytes:
        """The encrypted bytes of all chunks that are full now but the last one, which waits for its flag."""
        data = self._rest + data
        header = self._sealer.header
        full = max(0, len(data) - 1) >> header.bits
        self._rest = data[full << header.bits :]
        if not full:
            return b""
        sealed = b"".join(self._sealer.seal(data[: full << header.bits], self._number, last=False))
        self._number += full
        return sealed

    def end(self) -> bytes:
        """The last chunk, encrypted."""
        return b"".join(self._sealer.seal(self._rest, self._number, last=True))

    def header(self, name: str) -> bytes:
        """The header with the content key wrapped for an object of this name. Raises KeyMissing."""
        header = self._sealer.header
        lock = self._keys.wrap(self._content_key, header.core, name, header.lock.key_id)
        return Header(header.bits, header.prefix, lock).packed()
