"""A key ring in a file that only its user may read."""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pixcrawler_core.catalog.locking import FileLock
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.exports.place import sync
from pixcrawler_core.storage.encryption.format import NONCE_BYTES, WRAPPED_BYTES, Lock
from pixcrawler_core.storage.encryption.keys import KeyRing, checked_ids, decoded, new_ring

MODE = 0o600
"""Of the file: nobody but its user reads or writes it."""


class _Owner(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    key: str
    wrapped: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    active: str
    keys: dict[str, str]
    owners: dict[str, _Owner] = {}


class KeyFile:
    """Keys from a JSON file, which is read again whenever it was replaced: an erased owner is gone at once.

    It is written under another name and renamed, one process after the other. Raises ConfigError if it is
    not there, not as it should be, or can be read by others; no message has a key in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, ...], KeyRing] | None = None
        self.ring()

    @classmethod
    def create(cls, path: Path) -> KeyFile:
        """A new file with one new key. Raises ConfigError if there is one."""
        with _locked(path):
            if path.exists():
                raise ConfigError(f"there is a file of keys at {path} already; rotate its keys instead")
            _write(path, new_ring())
        return cls(path)

    def ring(self) -> KeyRing:
        """The keys as they are now."""
        with self._lock:
            mark = _mark(self.path)
            if self._read is None or self._read[0] != mark:
                self._read = mark, _load(self.path)
            return self._read[1]

    def current(self, owner: str | None, /) -> str:
        """See `Keys`."""
        ring = self.ring()
        if owner is not None and ring.data_key(owner) is None:
            ring = self._change(lambda ring: ring.with_owner(owner))
        return ring.current(owner)

    def successor(self, key_id: str, /) -> str:
        """See `Keys`."""
        return self.ring().successor(key_id)

    def wrap(self, content_key: bytes, core: bytes, name: str, key_id: str, /) -> Lock:
        """See `Keys`."""
        return self.ring().wrap(content_key, core, name, key_id)

    def unwrap(self, lock: Lock, core: bytes, name: str, /) -> bytes:
        """See `Keys`."""
        return self.ring().unwrap(lock, core, name)

    def rotate(self) -> str:
        """Have a new active key and return its id; what was encrypted before stays readable."""
        return self._change(KeyRing.rotated).active

    def remove(self, key_id: str) -> None:
        """Remove a key that is not active any more: what is still encrypted with it is lost."""
        self._change(lambda ring: ring.without(key_id))

    def erase(self, owner: str) -> None:
        """Remove the data key of an owner: nothing that was encrypted for them can be read again."""
        self._change(lambda ring: ring.erased(owner))

    def _change(self, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
        with _locked(self.path):
            ring = change(_load(self.path))
            _write(self.path, ring)
        return ring


def _locked(path: Path) -> FileLock:
    try:
        return FileLock(path.with_name(f".{path.name}.lock"), wait=True)
    except OSError as error:
        raise ConfigError(f"the file of keys {path} cannot be changed: {error.strerror}") from error


def _mark(path: Path) -> tuple[int, ...]:
    """Another one after each change."""
    try:
        found = path.stat()
    except OSError as error:
        raise ConfigError(
            f"the file of keys {path} cannot be read: {error.strerror}; put it back from a copy, or make one"
        ) from None
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigError(f"others may read the file of keys {path}; run: chmod 600 {path}")
    return found.st_ino, found.st_mtime_ns, found.st_size


def _load(path: Path) -> KeyRing:
    found = _read(path)
    if found.active not in found.keys:
        raise ConfigError(f"the file of keys {path} lacks its active key {found.active[:80]!r}")
    try:
        checked_ids([*found.keys, *(owner.id for owner in found.owners.values())])
    except ValueError as error:
        raise ConfigError(f"the file of keys {path} is not as it should be: {error}") from None
    return KeyRing(
        keys={key_id: decoded(text, f"the key {key_id!r} in {path}") for key_id, text in found.keys.items()},
        active=found.active,
        owners={name: _owner_lock(owner, path) for name, owner in found.owners.items()},
        ids={owner.id: name for name, owner in found.owners.items()},
        place=str(path),
    )


def _read(path: Path) -> _File:
    try:
        return _File.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(part)[:80] for part in first["loc"]) or "the file"
        why = "it is no JSON" if first["type"] == "json_invalid" else first["msg"]
        raise ConfigError(f"the file of keys {path} is not as it should be: {where}: {why}") from None
    except OSError as error:
        raise ConfigError(f"the file of keys {path} cannot be read: {error.strerror}") from None


def _owner_lock(owner: _Owner, path: Path) -> Lock:
    try:
        data = base64.b64decode(owner.wrapped, validate=True)
    except ValueError:
        data = b""
    if len(data) != NONCE_BYTES + WRAPPED_BYTES:
        raise ConfigError(f"the data key {owner.id!r} in {path} is damaged; put the file back from a copy")
    return Lock(owner.key, data[:NONCE_BYTES], data[NONCE_BYTES:])


def _write(path: Path, ring: KeyRing) -> None:
    key_of = {owner: key_id for key_id, owner in ring.ids.items()}
    owners = {
        name: {"id": key_of[name], "key": lock.key_id, "wrapped": _text(lock.nonce + lock.wrapped)}
        for name, lock in ring.owners.items()
    }
    keys = {key_id: _text(key) for key_id, key in ring.keys.items()}
    told = {"version": 1, "active": ring.active, "keys": keys, "owners": owners}
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w", encoding="utf-8") as file:
            json.dump(told, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"the file of keys {path} cannot be written: {error.strerror}") from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
