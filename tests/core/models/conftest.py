"""A registry on this machine, and what keeps an eye on a pull."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixcrawler_core.models.manifest import Model
from tests.core.models.registry import Registry, served


class Watched:
    """Keeps what it was told of a pull."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.files: list[Path] = []

    def fetching(self, model: Model, done: int) -> None:
        self.done.append(done)

    def finished(self, model: Model, path: Path) -> None:
        self.files.append(path)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture(scope="session")
def serving() -> Iterator[Registry]:
    with served() as registry:
        yield registry


@pytest.fixture
def registry(serving: Registry) -> Registry:
    """A registry that has nothing yet."""
    serving.archives.clear()
    serving.faults.clear()
    serving.asked.clear()
    return serving


@pytest.fixture
def npm() -> None:
    """Tests that run npm are skipped where it is not installed, but not in CI."""
    if shutil.which("npm") is None:
        assert "CI" not in os.environ, "npm is not installed"
        pytest.skip("npm is not installed")
