"""What stands beside an encrypted object in the metadata of the store: its header, and what was noted of it.

The note has digest and size of the plain bytes and the object's metadata, and is encrypted with its content
key: a store learns no digest by which it could recognise a known picture.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from pixcrawler_core.storage.encryption.format import Header
from pixcrawler_core.storage.encryption.keys import Keys
from pixcrawler_core.storage.encryption.sealing import Plain, Sealer, parsed, sealer_of
from pixcrawler_core.storage.errors import ObjectDamaged
from pixcrawler_core.storage.protocols import Stat

ENVELOPE = "envelope"
"""The one name in the metadata of the store: header and sealed note in base64 (RFC 4648, section 5)."""
_FIXED = struct.Struct(">Q32s")


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of the plain bytes."""

    plain: Plain
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Header and sealed note, as the store has them."""

    header: Header
    sealed: bytes

    def packed(self) -> dict[str, str]:
        """As metadata for the store."""
        return {ENVELOPE: base64.urlsafe_b64encode(self.header.packed() + self.sealed).decode()}

    def note(self, keys: Keys, name: str) -> Note:
        """Raises KeyMissing and ObjectDamaged."""
        return self.opened(sealer_of(self.header, keys, name))

    def opened(self, sealer: Sealer) -> Note:
        """Raises ObjectDamaged."""
        data = sealer.open_note(self.sealed)
        size, digest = _FIXED.unpack_from(data)
        return Note(Plain(size, digest.hex()), json.loads(data[_FIXED.size :]))


def envelope(sealer: Sealer, note: Note) -> Envelope:
    """Of an object that was just encrypted."""
    fixed = _FIXED.pack(note.plain.size, bytes.fromhex(note.plain.sha256))
    metadata = json.dumps(dict(note.metadata), separators=(",", ":"), ensure_ascii=False)
    return Envelope(sealer.header, sealer.seal_note(fixed + metadata.encode()))


def envelope_of(stat: Stat) -> Envelope:
    """Of an object in the store. Raises ObjectDamaged for one that was not put through encryption."""
    return envelope_in(stat.metadata, stat.key)


def envelope_in(metadata: Mapping[str, str], key: str) -> Envelope:
    """Of the object with this metadata in the store. Raises ObjectDamaged as `envelope_of` does."""
    if ENVELOPE not in metadata:
        raise ObjectDamaged(f"{key!r} cannot be decrypted: it is not encrypted; put it again, or delete it")
    try:
        data = base64.b64decode(metadata[ENVELOPE], altchars=b"-_", validate=True)
    except ValueError:
        data = b""
    header = parsed(data, key)
    sealed = data[len(header.packed()) :]
    if not sealed:
        raise ObjectDamaged(f"{key!r} is damaged: its digest is missing in its metadata; put it again")
    return Envelope(header, sealed)
