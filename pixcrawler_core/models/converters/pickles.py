"""Reads pickles that may name a few listed things and nothing else, so that none can run code."""

from __future__ import annotations

import io
import pickle  # only its machine is used; every name goes through Restricted
from collections.abc import Mapping
from typing import Any, BinaryIO

from pixcrawler_core.errors import ModelError


class Restricted(pickle.Unpickler):
    """An unpickler for which `allowed` has all that exists: objects by module and name.

    Raises ModelError for every other name, and for references to objects outside unless a subclass takes
    them.
    """

    def __init__(self, file: BinaryIO, allowed: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(file)
        self._allowed = allowed

    def find_class(self, module: str, name: str, /) -> Any:
        """What the pickle names."""
        try:
            return self._allowed[module, name]
        except KeyError:
            raise ModelError(
                f"the pickle names {module}.{name}, which is not allowed; it was not read"
            ) from None

    def persistent_load(self, pid: Any, /) -> Any:
        """What the pickle refers to outside itself."""
        raise ModelError(f"the pickle refers to {str(pid)[:80]!r} outside itself, which is not allowed")


def loads(data: bytes, allowed: Mapping[tuple[str, str], Any]) -> Any:
    """The object in a pickle that names nothing but what is allowed. Raises ModelError."""
    return load(Restricted(io.BytesIO(data), allowed))


def load(unpickler: Restricted) -> Any:
    """The next object of an unpickler. Raises ModelError when the pickle is damaged or does something odd."""
    try:
        return unpickler.load()
    except ModelError:
        raise
    except Exception as error:  # a hostile pickle can raise anything; it is told
        raise ModelError(f"the pickle is damaged: {error}") from error
