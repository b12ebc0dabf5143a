"""What tests of stores share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.storage.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A workspace with a dataset and a store, where nothing is stored yet."""
    shell = Shell(tmp_path)
    shell.settle()
    shell.dataset()
    return shell
