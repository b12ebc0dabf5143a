"""The workspace of the tests of assembly, and a small dataset in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.assembly.conftest import House, house

__all__ = ["house"]


@pytest.fixture
def folder(house: House) -> Path:
    """A dataset with two cats and a dog."""
    house.accept(house.find("cat", 2, license="cc0-1.0"))
    house.accept(house.find("dog", 1, title='"Dog" ü \ud800'))
    return house.assemble()
