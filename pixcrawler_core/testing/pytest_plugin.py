"""Fixtures for tests that need the simulated web.

Name it in the root `conftest.py`: `pytest_plugins = ["pixcrawler_core.testing.pytest_plugin"]`. Define a
session fixture `photographs` to serve a folder of your own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pixcrawler_core.testing.drawings import draw_photographs
from pixcrawler_core.testing.web import SimulatedWeb


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of drawn pictures in three categories, with credits."""
    folder = tmp_path_factory.mktemp("photographs")
    draw_photographs(folder)
    return folder


@pytest.fixture(scope="session")
def running_web(photographs: Path) -> Iterator[SimulatedWeb]:
    """The simulated web of the session; take `simulated_web` in tests."""
    with SimulatedWeb(photographs) as web:
        yield web


@pytest.fixture
def simulated_web(running_web: SimulatedWeb) -> SimulatedWeb:
    """The simulated web with an empty log and nothing planned."""
    running_web.reset()
    return running_web
