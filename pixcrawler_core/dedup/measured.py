"""How well methods recognised duplicates that a person labelled: noted in a workspace, told in manifests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.files import replaced
from pixcrawler_core.catalog.locking import FileLock
from pixcrawler_core.errors import WorkspaceError

if TYPE_CHECKING:
    from pixcrawler_core.dedup.accuracy import Accuracy
    from pixcrawler_core.dedup.methods import Method

NAME = "dedup-accuracy.json"
TOGETHER = "together"
"""In the place of a method's name: what any of them found."""


def figures(results: Iterable[Accuracy], methods: Sequence[Method], labels: str, when: str) -> list[Any]:
    """One object for each result: of which methods with which options, its figures, and on which labels.

    `labels` names the table of labels, `when` is the time in UTC. Results of `TOGETHER` are of all methods.
    """
    told = []
    for each in results:
        of = [method for method in methods if each.method in (method.name, TOGETHER)]
        told.append(
            {
                "methods": described(of),
                "precision": each.precision,
                "recall": each.recall,
                "f1": each.f1,
                "pairs": each.right + len(each.missed),
                "labels": labels,
                "measured_at": when,
            }
        )
    return told


def described(methods: Iterable[Method]) -> list[dict[str, Any]]:
    """Names and options of methods, as JSON values."""
    return [{"name": each.name, "version": each.version, "options": dict(each.options)} for each in methods]


def note(root: Path, told: Iterable[Any]) -> None:
    """Note figures in a workspace, in the place of those of the same methods. Raises WorkspaceError."""
    fresh = list(told)
    try:
        with FileLock(root / f"{NAME}.lock", wait=True):
            before = noted(root)
            kept = [each for each in before if all(each["methods"] != new["methods"] for new in fresh)]
            with replaced(root / NAME) as file:
                json.dump([*kept, *fresh], file, indent=1)
    except OSError as error:
        raise WorkspaceError(f"cannot write {root / NAME}: {error.strerror or error}") from error


def noted(root: Path) -> list[Any]:
    """All figures that a workspace has. Raises WorkspaceError for a file that cannot be read."""
    path = root / NAME
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        raise WorkspaceError(f"cannot read {path} ({error}); delete it, and measure again") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) and "methods" in each for each in found):
        raise WorkspaceError(f"{path} is damaged; delete it, and measure again")
    return found


def measured(root: Path, methods: Sequence[Method]) -> list[Any]:
    """The figures of each of these methods with these very options, and of all of them together."""
    all_of_them = described(methods)
    wanted = [all_of_them, *([each] for each in all_of_them)]
    return [each for each in noted(root) if each["methods"] in wanted]
