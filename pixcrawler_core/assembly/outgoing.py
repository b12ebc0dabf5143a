"""Which images of a dataset go out in an export, and how they are changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pixcrawler_core.exports.names import split_of

if TYPE_CHECKING:
    from pixcrawler_core.assembly.rendition import Changed

Change = Callable[[Path], "Changed | None"]
"""Looks at an image's file; None where it may go out as it is."""


class Policy(Protocol):
    """Which images go out."""

    @property
    def name(self) -> str:
        """What the exported manifest calls it."""
        ...

    def why_not(self, entry: Mapping[str, Any], /) -> str | None:
        """Why an image, a row of the manifest, does not go out; None if it does."""
        ...


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """What goes out; without anything said all images, as they are."""

    change: Change | None = None
    reshapes: bool = False
    """Whether `change` may give a picture another size or format."""
    splits: tuple[str, ...] = ()
    """Only images of these; empty for all."""
    policy: Policy | None = None
    """Only images that fit it."""

    without: frozenset[str] = frozenset()
    """Files beside the images that stay behind where not all images go out, with those that always do."""

    @property
    def whole(self) -> bool:
        """Whether all images go out under their own names, so that what lists them holds for the export."""
        return not (self.reshapes or self.splits or self.policy)

    def why_not(self, entry: Mapping[str, Any]) -> str | None:
        """Why an image, a row of the manifest, does not go out; None if it does."""
        if self.splits and split_of(entry) not in self.splits:
            return f"split {split_of(entry)}"
        return self.policy.why_not(entry) if self.policy else None

    def as_json(self) -> dict[str, Any]:
        """What is chosen, for the exported manifest."""
        return {"splits": list(self.splits), "policy": self.policy.name if self.policy else None}
