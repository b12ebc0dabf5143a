"""Files and folders that options name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel


def absolute(options: BaseModel, folder: Path) -> dict[str, Any]:
    """The files that options name, by their fields; relative ones start from the file's `folder`."""
    files = {name: value for name, value in options if isinstance(value, Path)}
    return {name: folder / value for name, value in files.items()}
