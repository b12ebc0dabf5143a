"""The server's one secret, and the keys that are made of it for each purpose."""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pixcrawler_core.errors import ConfigError

LENGTH = 32
"""Bytes of the secret at least, and of each key: as many as SHA-256 has (RFC 2104, section 3)."""


class Keyring:
    """Keys for the purposes of the server: HKDF-SHA256 (RFC 5869) of its secret and the purpose's name."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < LENGTH:
            raise ConfigError(f"the server's secret has {len(secret)} bytes; it needs {LENGTH} at least")
        self._secret = secret

    @cached_property
    def tokens(self) -> bytes:
        """Signs access tokens."""
        return self._key("access tokens 1")

    @cached_property
    def cursors(self) -> bytes:
        """Signs the places at which lists go on."""
        return self._key("cursors 1")

    @cached_property
    def addresses(self) -> bytes:
        """Signs addresses of objects that are valid for a time."""
        return self._key("addresses 1")

    @cached_property
    def answers(self) -> bytes:
        """Encrypts answers that are kept."""
        return self._key("answers 1")

    @cached_property
    def letters(self) -> bytes:
        """Encrypts e-mails that wait to be sent."""
        return self._key("letters 1")

    @cached_property
    def handshakes(self) -> bytes:
        """Encrypts what browsers keep while they sign in elsewhere."""
        return self._key("handshakes 1")

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), LENGTH, salt=None, info=f"pixcrawler {purpose}".encode()).derive(self._secret)


def read_secret(path: Path) -> bytes:
    """The secret in a file, which is made, for its owner alone, if it is not there. Raises ConfigError."""
    try:
        _make(path)
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"others may read {path}, which has the server's secret; chmod 600 {path}")
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot use {path} as the server's secret: {error}; remove it for a new one"
        ) from error


def _make(path: Path) -> None:
    """Write a new secret, unless there is one; of several processes at once, one does."""
    if path.exists():
        return
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(LENGTH))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
