"""What can go wrong with stores of objects."""

from __future__ import annotations

from pixcrawler_core.errors import PassingError, PixCrawlerError


class StoreError(PixCrawlerError):
    """A store did not do what was asked; the message names the store, the object, and what to do."""


class ObjectMissing(StoreError):  # as FileNotFoundError's kin are called elsewhere: the state of the object
    """There is no object under this key."""


class ObjectArchived(StoreError):
    """The object is archived, or on its way out; the message tells how it is rehydrated, and until when."""


class ObjectDamaged(StoreError):
    """The object, or the file to be stored, does not have the bytes that its digest stands for."""


class StoreRefused(StoreError):
    """The store refuses: credentials, rights, a container that is not there. Asking again is of no use."""


class StoreUnavailable(StoreError, PassingError):
    """The store does not answer, or turns us away for a time; asking again later may help."""
