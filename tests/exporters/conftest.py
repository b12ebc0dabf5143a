"""The library `datasets` asks no hub, and keeps what it prepares in the test's folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.exporters.made import PHOTOGRAPHS

os.environ["HF_HUB_OFFLINE"] = "1"  # is read when the library is imported


@pytest.fixture
def load_dataset(tmp_path: Path) -> Callable[..., Any]:
    """`datasets.load_dataset`, with a cache of its own."""

    def load(form: str, **options: Any) -> Any:
        import datasets

        datasets.disable_progress_bars()
        return datasets.load_dataset(form, cache_dir=str(tmp_path / "cache"), **options)

    return load


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A photograph."""
    path = tmp_path / "source"
    path.write_bytes((PHOTOGRAPHS / "ruins/colosseum.jpg").read_bytes())
    return path
