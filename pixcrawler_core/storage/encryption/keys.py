"""Keys by their ids, one of which wraps new content keys; and data keys of owners, which can be erased."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.encryption.format import KEY_BYTES, NONCE_BYTES, Lock, check_id, context
from pixcrawler_core.storage.errors import ObjectDamaged, StoreRefused

OWNER_CORE = b"PXCO\1"
"""Stands before what is authenticated with an owner's data key: such a key fits no object, and vice versa."""


class KeyMissing(StoreRefused):
    """The key that an object was encrypted with is not there; the message names both."""


class Keys(Protocol):
    """Wraps the content keys of objects. Any thread may use it."""

    def current(self, owner: str | None, /) -> str:
        """The id of the key that wraps new content keys; an owner's data key is made if need be."""
        ...

    def successor(self, key_id: str, /) -> str:
        """The id of the key that should wrap what this one has wrapped; its own if it is the right one."""
        ...

    def wrap(self, content_key: bytes, core: bytes, name: str, key_id: str, /) -> Lock:
        """Wrap the content key of the object `name`. Raises KeyMissing."""
        ...

    def unwrap(self, lock: Lock, core: bytes, name: str, /) -> bytes:
        """The content key. Raises KeyMissing, and ObjectDamaged if it does not fit the object."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyRing:
    """Keys as they are at one moment; every change gives another ring. No key is in its `repr`."""

    keys: Mapping[str, bytes] = field(repr=False)
    active: str
    owners: Mapping[str, Lock] = field(default_factory=dict, repr=False)
    """Wrapped data keys by owner."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """The owners by the ids of their data keys, which tell nothing of the owner."""
    place: str = "the key ring"
    """What messages call it."""

    def current(self, owner: str | None, /) -> str:
        """See `Keys`. Raises ConfigError for an owner without a data key: only a file can take a new one."""
        if owner is None:
            return self.active
        found = self.data_key(owner)
        if found is None:
            raise ConfigError(f"{owner!r} has no data key in {self.place}; owners need a file of keys")
        return found

    def data_key(self, owner: str) -> str | None:
        """The id of the data key of an owner; None if there is none."""
        return next((key_id for key_id, name in self.ids.items() if name == owner), None)

    def successor(self, key_id: str, /) -> str:
        """See `Keys`: data keys of owners are wrapped anew by `rotated`, their objects need not be."""
        return self.active if key_id in self.keys else key_id

    def wrap(self, content_key: bytes, core: bytes, name: str, key_id: str, /) -> Lock:
        """See `Keys`."""
        return _wrap(self._key(key_id, name), key_id, content_key, context(core, key_id, name))

    def unwrap(self, lock: Lock, core: bytes, name: str, /) -> bytes:
        """See `Keys`."""
        return _unwrap(self._key(lock.key_id, name), lock, context(core, lock.key_id, name), name)

    def rotated(self) -> KeyRing:
        """A ring with a new active key, which wraps the data keys of all owners; older keys stay."""
        new = new_key_id()
        ring = replace(self, keys={**self.keys, new: secrets.token_bytes(KEY_BYTES)}, active=new)
        return replace(
            ring, owners={owner: ring.wrap_owner(owner, self._owned(owner)) for owner in self.owners}
        )

    def without(self, key_id: str) -> KeyRing:
        """A ring without an old key. Raises ConfigError for the active one, and for one that is not there."""
        if key_id not in self.keys:
            raise ConfigError(f"{self.place} has no key {key_id!r}; it has {', '.join(sorted(self.keys))}")
        if key_id == self.active or any(lock.key_id == key_id for lock in self.owners.values()):
            raise ConfigError(f"the key {key_id!r} of {self.place} is in use; rotate the keys first")
        return replace(self, keys={key: value for key, value in self.keys.items() if key != key_id})

    def with_owner(self, owner: str) -> KeyRing:
        """A ring in which the owner has a data key."""
        if owner in self.owners:
            return self
        lock = self.wrap_owner(owner, secrets.token_bytes(KEY_BYTES))
        ids = {**self.ids, f"owner-{secrets.token_hex(12)}": owner}
        return replace(self, owners={**self.owners, owner: lock}, ids=ids)

    def erased(self, owner: str) -> KeyRing:
        """A ring without the owner's data key: nothing that it encrypted can be read again."""
        owners = {name: lock for name, lock in self.owners.items() if name != owner}
        return replace(
            self, owners=owners, ids={key: name for key, name in self.ids.items() if name != owner}
        )

    def wrap_owner(self, owner: str, data_key: bytes) -> Lock:
        """An owner's data key, wrapped by the active key."""
        return _wrap(
            self._key(self.active, owner), self.active, data_key, context(OWNER_CORE, self.active, owner)
        )

    def _owned(self, owner: str) -> bytes:
        lock = self.owners[owner]
        name = f"the data key of {owner}"
        return _unwrap(self._key(lock.key_id, name), lock, context(OWNER_CORE, lock.key_id, owner), name)

    def _key(self, key_id: str, name: str) -> bytes:
        if key_id in self.ids:
            return self._owned(self.ids[key_id])
        if key_id in self.keys:
            return self.keys[key_id]
        raise KeyMissing(
            f"{name!r} is encrypted with the key {key_id!r}, which is not in {self.place}: put the key back "
            "from a copy; without it, or if its owner was erased, the object can only be deleted"
        )


def single_key(key: SecretStr) -> KeyRing:
    """A ring of one key, 32 bytes in base64, as an environment variable has it. Raises ConfigError.

    Its id is the beginning of its SHA-256, so that an object of another key is told from a damaged one.
    """
    value = decoded(key.get_secret_value(), "the key from the environment")
    key_id = f"key-{hashlib.sha256(b'pixcrawler key id' + value).hexdigest()[:16]}"
    return KeyRing(keys={key_id: value}, active=key_id, place="the environment")


def new_ring() -> KeyRing:
    """A ring of one new key."""
    key_id = new_key_id()
    return KeyRing(keys={key_id: secrets.token_bytes(KEY_BYTES)}, active=key_id)


def new_key_id() -> str:
    """An id that no other key has."""
    return f"key-{secrets.token_hex(8)}"


def decoded(text: str, what: str) -> bytes:
    """A key from base64. Raises ConfigError, which says what it was to be, not what was read."""
    try:
        value = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"{what} is not base64; it should be {KEY_BYTES} random bytes in base64") from None
    if len(value) != KEY_BYTES:
        raise ConfigError(f"{what} has {len(value)} bytes; it should be {KEY_BYTES} random bytes in base64")
    return value


def checked_ids(key_ids: Iterable[str]) -> None:
    """Raise ValueError unless all can be ids of keys."""
    for key_id in key_ids:
        check_id(key_id)


def _wrap(key: bytes, key_id: str, content_key: bytes, bound: bytes) -> Lock:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return Lock(key_id, nonce, AESGCM(key).encrypt(nonce, content_key, bound))


def _unwrap(key: bytes, lock: Lock, bound: bytes, name: str) -> bytes:
    try:
        return AESGCM(key).decrypt(lock.nonce, lock.wrapped, bound)
    except InvalidTag:
        raise ObjectDamaged(
            f"{name!r} is damaged, or was put under another name: the key {lock.key_id!r} does not open it"
        ) from None
