"""What a store that encrypts tells of its objects, also of those that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pixcrawler_core.storage.encryption.envelope import ENVELOPE, envelope_of
from pixcrawler_core.storage.encryption.keys import KeyMissing, Keys
from pixcrawler_core.storage.encryption.sealing import plain_size
from pixcrawler_core.storage.errors import ObjectDamaged
from pixcrawler_core.storage.protocols import Refusal, Stat

_NOTHING: Mapping[str, str] = MappingProxyType({})


def told(stat: Stat, keys: Keys) -> Stat:
    """What is told of an object, of which the inner store tells `stat`."""
    if ENVELOPE not in stat.metadata:
        return replace(stat, metadata=_NOTHING, refused=Refusal.PLAIN)
    try:
        return plain_of(stat, keys)
    except ObjectDamaged:
        return replace(stat, sha256="", metadata=_NOTHING, refused=Refusal.DAMAGED)


def plain_of(stat: Stat, keys: Keys) -> Stat:
    """Size, digest and metadata of the plain bytes. Raises ObjectDamaged, also if nothing was encrypted."""
    found = envelope_of(stat)
    size = plain_size(found.header, stat.size, stat.key)
    try:
        note = found.note(keys, stat.key)
    except KeyMissing:
        return replace(stat, size=size, sha256="", metadata=_NOTHING, refused=Refusal.KEYLESS)
    if note.plain.size != size:
        raise ObjectDamaged(
            f"{stat.key!r} is damaged: it has {size} bytes, not {note.plain.size}; put it again"
        )
    return replace(stat, size=size, sha256=note.plain.sha256, metadata=MappingProxyType(dict(note.metadata)))


def lock_of(stat: Stat) -> str:
    """The id of the key that opens an object; empty for one that is not encrypted."""
    try:
        return envelope_of(stat).header.lock.key_id
    except ObjectDamaged:
        return ""
