"""What file systems of fsspec raise, in the words of stores."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from pixcrawler_core.errors import told
from pixcrawler_core.secrets import Mask
from pixcrawler_core.storage.errors import ObjectMissing, StoreError, StoreRefused, StoreUnavailable

REFUSED = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.EINVAL))
"""Numbers of errors that stay when the same is asked again."""
CLASHES = (FileExistsError, IsADirectoryError, NotADirectoryError)
MEANT = (NotImplementedError, TypeError, ValueError, AttributeError)
"""What file systems raise for what they cannot do at all."""


@contextmanager
def translated(place: str, key: str, mask: Mask) -> Iterator[None]:
    """Raise what a file system raises within as an error of stores, without secrets.

    File systems are free in what they raise: whatever is no answer counts as a failure that may pass.
    """
    try:
        yield
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001  # the edge to any library
        raise _as_store_error(error, place, key, mask.text(told(error))) from None


def _as_store_error(error: Exception, place: str, key: str, text: str) -> StoreError:
    if isinstance(error, FileNotFoundError):
        return ObjectMissing(f"there is no object {key!r} in {place}")
    if isinstance(error, CLASHES):
        return StoreRefused(f"{place} has something else where {key!r} should be ({text}); move it away")
    if isinstance(error, PermissionError) or "Credential" in type(error).__name__:
        return StoreRefused(f"{place} refuses {key!r} ({text}); check login and rights")
    if isinstance(error, MEANT) or getattr(error, "errno", None) in REFUSED:
        return StoreRefused(f"{place} refuses what was asked of {key!r} ({text}); check its options")
    return StoreUnavailable(f"{place} failed for {key!r} ({text}); try again later")
