from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugins.talking import Model, serving


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    """A language model that answers as the test tells it to."""
    with serving() as found:
        yield found
