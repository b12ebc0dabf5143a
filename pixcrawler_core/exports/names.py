"""Names within an export: plain relative paths on every system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

CATEGORIES = "categories/"
"""How the names of a dataset's images begin; formats with folders of their own leave it out."""
TRAIN = "train"
"""The split of images that have none: most readers know no data without one."""
_SPLIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What can be part of a name and of a pattern: nothing that leads elsewhere or stands for anything."""


def check_name(name: str) -> None:
    """Raise ValueError unless `name` is a plain relative path, with forward slashes, on every system."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if not name or name != str(posix) or name == "." or ".." in posix.parts:
        raise ValueError(f"the name {name!r} is not a plain relative path")
    if windows.anchor or "\\" in name:
        raise ValueError(f"the name {name!r} must be relative, with forward slashes")
    if any(ord(letter) < 32 or ord(letter) == 127 or "\ud800" <= letter <= "\udfff" for letter in name):
        raise ValueError(f"the name {name!r} contains characters that no file name can hold")


def check_dataset(name: str) -> None:
    """Raise ValueError unless `name` can be that of a file or folder."""
    check_name(name)
    if "/" in name:
        raise ValueError(f"the dataset's name {name!r} must not contain a slash")


def split_of(entry: Mapping[str, Any]) -> str:
    """The image's split; `train` for one that has none.

    Raises ValueError for one that has other signs than letters, digits, `-` and `_`, or more than 64 of them.
    """
    split = entry.get("split")
    if not split:
        return TRAIN
    if not isinstance(split, str) or not _SPLIT.fullmatch(split):
        raise ValueError(f"the split {ascii(split)[:80]} is none: it has letters, digits, '-' and '_' only")
    return split


def in_category(name: str) -> str:
    """An image's name below the folder of the categories: `red-panda/image_001.jpg`."""
    return name.removeprefix(CATEGORIES)
