"""A folder of a file system of fsspec, in which names are bound to bytes once and whole."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.secrets import Mask, Secrets
from pixcrawler_core.storage.errors import ObjectMissing, StoreRefused
from pixcrawler_plugins.stores.fsspec_errors import translated

RENAMING = frozenset(("file", "ftp", "hdfs", "arrow_hdfs", "local", "sftp", "smb", "ssh"))
"""Protocols whose files grow while they are written, and that rename at once. With all others, a file is
there when all of it is: an upload, in one part or in many, is committed at its end."""
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "sftp": "paramiko", "ssh": "paramiko"}


class Place:
    """Files below a folder. Any thread may use it; raises the errors of stores, which name the key."""

    def __init__(self, files: Any, root: str, name: str, mask: Mask) -> None:
        """`files` is a file system of fsspec; `name` is what messages call the place."""
        self.name = name
        self._files, self._root, self._mask = files, root.rstrip("/"), mask
        protocols = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
        self._renames = bool(protocols & RENAMING)

    def read(self, key: str, name: str, begin: int = 0, end: int | None = None) -> bytes:
        """Bytes of a file. Raises ObjectMissing."""
        with translated(self.name, key, self._mask):
            return bytes(self._files.cat_file(self._path(key, name), start=begin, end=end))

    def write(self, key: str, name: str, data: bytes) -> None:
        """Have a small file, at once, in the place of an earlier one."""
        with self._writing(key):
            if not self._renames:
                self._files.pipe_file(self._path(key, name), data)
                return
            part = self._path(key, f".{secrets.token_hex(8)}.part")
            self._files.pipe_file(part, data)
            self._files.mv(part, self._path(key, name))

    def upload(self, key: str, name: str, path: Path) -> None:
        """Copy a file of this machine to a new name."""
        with self._writing(key):
            self._files.put_file(str(path), self._path(key, name))

    def copy(self, key: str, name: str, target: str, new: str) -> None:
        """Copy a file to a new name below another key, within the file system. Raises ObjectMissing."""
        with self._writing(target):
            self._files.cp_file(self._path(key, name), self._path(target, new))

    def remove(self, key: str, name: str) -> bool:
        """Remove a file; False if it is not there."""
        try:
            with translated(self.name, key, self._mask):
                self._files.rm_file(self._path(key, name))
        except ObjectMissing:
            return False
        return True

    def names(self, key: str, min_age: timedelta) -> list[str]:
        """The files below a key, not those of longer keys, that are older than that."""
        newest = datetime.now(UTC) - min_age
        with translated(self.name, key, self._mask):
            self._files.invalidate_cache(self._path(key))
            try:
                found = self._files.ls(self._path(key), detail=True)
            except FileNotFoundError:
                return []
            files = [each["name"] for each in found if each["type"] == "file"]
            return [path.rpartition("/")[2] for path in files if self._changed_at(path) < newest]

    def keys(self, folder: str, name: str) -> Iterator[str]:
        """All keys below a folder, and that of the folder, that have a file of this name; in any order."""
        with translated(self.name, folder, self._mask):
            path = self._path(folder) if folder else self._root or "/"
            self._files.invalidate_cache(path)
            try:
                found = self._files.find(path)
            except FileNotFoundError:
                found = []
        begin, end = len(self._root) + 1, f"/{name}"
        return (
            path[begin : -len(end)] for path in found if path.endswith(end) and len(path) > begin + len(end)
        )

    def sign(self, key: str, name: str, lifetime: timedelta) -> str:
        """An address at which anybody can read a file for a time. Raises StoreRefused."""
        with translated(self.name, key, self._mask):
            try:
                return str(self._files.sign(self._path(key, name), expiration=int(lifetime.total_seconds())))
            except NotImplementedError:
                raise StoreRefused(
                    f"{self.name} has no addresses for {key!r}; get it, and pass it on"
                ) from None

    @contextmanager
    def _writing(self, key: str) -> Iterator[None]:
        with translated(self.name, key, self._mask):
            if self._renames:
                self._files.makedirs(self._path(key), exist_ok=True)
            yield

    def _changed_at(self, path: str) -> datetime:
        try:
            found: datetime = self._files.modified(path)
        except (NotImplementedError, FileNotFoundError):
            return datetime.now(UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def _path(self, key: str, name: str = "") -> str:
        return f"{self._root}/{key}/{name}" if name else f"{self._root}/{key}"


def opened(url: str, arguments: Mapping[str, Any], variables: Mapping[str, str], given: Secrets) -> Place:
    """The place of an address; nothing is asked yet.

    `variables` are the names of the variables that hold further arguments. Raises ConfigError for a variable
    that is not set, and a file system that is not known, not installed, or not made with such arguments.
    """
    found = {name: given.get(variable) for name, variable in variables.items()}
    for name, value in found.items():
        if value is None:
            where = f" or in {given.file}" if given.file else ""
            raise ConfigError(f"the store fsspec needs {variables[name]}: set it in the environment{where}")
    kept = [value for value in found.values() if value is not None]
    mask = Mask(kept)
    mask.logs()
    plain = {name: value.get_secret_value() for name, value in zip(found, kept, strict=True)}
    protocol = url.partition("://")[0]
    try:
        files, root = url_to_fs(url, **arguments, **plain)
    except ImportError:
        package = PACKAGES.get(protocol, protocol)
        raise ConfigError(f"the store fsspec needs {package} for {url}; run: pip install {package}") from None
    except Exception as error:  # noqa: BLE001  # any library, made with any arguments
        known = ", ".join(sorted(set(fsspec.available_protocols()) & {"file", "gs", "memory", "s3", "sftp"}))
        raise ConfigError(
            f"fsspec cannot open {url} ({type(error).__name__}); check its options (protocols: {known}, ...)"
        ) from None
    return Place(files, root, url, mask)
