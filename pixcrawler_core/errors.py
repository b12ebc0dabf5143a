"""What can go wrong, named for the person who has to act on it."""

from __future__ import annotations

LONGEST = 500
"""Characters of an exception's text that are kept: it may hold a whole array."""


def told(error: Exception) -> str:
    """Kind and text of an exception from elsewhere, cut, and without what no file or terminal takes."""
    text = f"{type(error).__name__}: {error}"[:LONGEST]
    return "".join(letter if letter.isprintable() else "?" for letter in text)


class PixCrawlerError(Exception):
    """Base of all errors shown to users as one clear line; the command line exits with `exit_code`."""

    exit_code = 1


class ConfigError(PixCrawlerError):
    """A job file, an option or a setting is wrong; the message names it and says what would fit."""

    exit_code = 2


class PluginError(ConfigError):
    """A plugin broke the contract of its hook, or none has the asked name; the message names the plugin."""


class WorkspaceError(PixCrawlerError):
    """The workspace cannot be read or written (disk full, read-only, locked); nothing recorded is lost."""


class CatalogAway(WorkspaceError):
    """The catalog's server does not answer, or another process has its file locked: later, it may go well."""


class LeaseLost(WorkspaceError):
    """What a process worked on is somebody else's by now: it was silent for too long; it writes nothing."""


class QuotaExceeded(PixCrawlerError):
    """More would be stored than a user may have; `used`, `quota` and `asked` are bytes."""

    def __init__(self, *, used: int, quota: int, asked: int) -> None:
        super().__init__(
            f"the storage quota is {quota:,} bytes: {used:,} are used, and {asked:,} more do not fit; "
            "remove what is stored and not needed, or have the quota raised"
        )
        self.used = used
        self.quota = quota
        self.asked = asked


class BlobLocked(WorkspaceError):
    """A blob is encrypted, and its key is missing; the message names both. It is not fetched again."""


class BlobDamaged(WorkspaceError):
    """An encrypted blob does not have the bytes that were written."""


class DatasetError(PixCrawlerError):
    """A dataset's manifest or lock is not as it was written; the message names the file and what is wrong."""


class PassingError(PixCrawlerError):
    """Something did not answer that may do so later: what asked it is asked again by the next run."""


class DecodeError(PixCrawlerError):
    """The bytes of an image cannot be decoded; `reason` is the slug that goes into the ledger."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class ModelError(PixCrawlerError):
    """A model cannot be fetched, made or read; the message names it and the command that mends that."""


class ModelMissing(ModelError):
    """A model that is needed is not in the model folder; the message says which command fetches it."""


class AiMissing(PixCrawlerError):
    """A library of the extra `ai` is not installed; the message says how to install it."""
