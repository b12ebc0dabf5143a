"""The library `datasets` asks no hub, and keeps what it prepares in the test's folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # is read when the library is imported


@pytest.fixture
def load_dataset(tmp_path: Path) -> Callable[..., Any]:
    """`datasets.load_dataset`, with a cache of its own."""

    def load(form: str, **options: Any) -> Any:
        import datasets

        datasets.disable_progress_bars()
        return datasets.load_dataset(form, cache_dir=str(tmp_path / "cache"), **options)

    return load
