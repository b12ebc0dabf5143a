from __future__ import annotations

import pytest
from pixcrawler_spiders.matching import file_words, matches


@pytest.mark.parametrize(
    ("query", "texts", "expected"),
    [
        ("red panda", ["A Red Panda in a tree"], True),
        ("red pandas", ["red", None, "panda"], True),
        ("red panda", ["red pandas"], True),
        ("red panda", ["giant panda"], False),
        ("red panda", ["predator expands"], False),
        ("red panda", ["redpanda"], True),
        ("château", ["CHATEAU de Chambord"], True),
        ("strawberry", ["strawberries"], True),
        ("lynx", ["lynxes"], True),
        ("gras", ["grass"], False),
        ("大熊猫", ["成都的大熊猫宝宝"], True),
        ("大熊猫", ["小熊"], False),
        ("", ["anything"], True),
        ("?!", [], True),
        ("panda", [], False),
        ("panda", ["x" * 10_000 + " panda"], False),
    ],
)
def test_matches(query: str, texts: list[str | None], expected: bool) -> None:
    assert matches(query, texts) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/a/red-panda_02.jpg?w=1", "red panda 02"),
        ("https://x.example/a/B%C3%A4r.jpeg", "Bär"),
        ("https://x.example/", ""),
        ("http://[", ""),
    ],
)
def test_words_of_a_file(url: str, expected: str) -> None:
    assert file_words(url) == expected
