from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from pixcrawler_core.detectors.memory import once
from pixcrawler_core.image import Image


def image(path: Path) -> Image:
    return Image(path, sha256="", size=0)


def test_a_question_is_asked_once_an_image(tmp_path: Path) -> None:
    numbers = count()
    one, other = image(tmp_path), image(tmp_path)
    asked = [once(each, "a", lambda: next(numbers)) for each in (one, one, other, one, other)]
    assert asked == [0, 0, 1, 0, 1]
    assert once(one, "b", lambda: next(numbers)) == 2


def test_answers_are_forgotten_with_the_image(tmp_path: Path) -> None:
    class Answer:
        pass

    asked = image(tmp_path)
    answer = weakref.ref(once(asked, "a", Answer))
    assert answer() is not None
    del asked
    gc.collect()
    assert answer() is None


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    asked, answers = image(tmp_path), iter([1])

    def fail() -> Iterator[int]:
        raise ValueError("no answer")

    with pytest.raises(ValueError, match="no answer"):
        once(asked, "a", fail)
    assert once(asked, "a", lambda: next(answers)) == 1
