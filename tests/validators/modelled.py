"""The contract of checks that ask models, without asking them the same thing again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixcrawler_core.components import Models
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.testing.contracts import ValidatorContract


class Remembering:
    """A real session that remembers its answers: the contract shows the same files to each of its tests."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.answers: dict[tuple[object, ...], Sequence[Any]] = {}

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any], /) -> Sequence[Any]:
        """What the session says."""
        shown = [(name, value.shape, hashlib.sha256(value).digest()) for name, value in inputs.items()]
        question = (tuple(outputs or ()), *shown)
        if question not in self.answers:
            self.answers[question] = self.session.run(outputs, inputs)
        return [np.array(each) for each in self.answers[question]]


@cache
def remembering(store: ModelStore, name: str) -> Remembering:
    return Remembering(store.session(name))


class Remembered:
    """The models of a store, with sessions that remember."""

    def __init__(self, store: ModelStore) -> None:
        self.store = store

    def path(self, name: str, /) -> Path:
        return self.store.path(name)

    def session(self, name: str, /) -> Any:
        return remembering(self.store, name)


class ModelContract(ValidatorContract):
    """The contract of a validator that names models."""

    stored: Models

    @pytest.fixture(autouse=True)
    def _with_models(self, models: ModelStore) -> None:
        self.stored = Remembered(models)

    def models(self) -> Models:
        return self.stored
