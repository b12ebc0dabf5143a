from __future__ import annotations

from pixcrawler_plugins.expanders.learned import LearnedOptions, expand, register_expanders

from pixcrawler_core.records import Keyword
from pixcrawler_core.testing.contracts import ExpanderContract

TITLES = (
    *["Red panda (Ailurus fulgens) in Central Park Zoo"] * 6,
    *["File:Red Panda in a tree.jpg"] * 5,
    *["red pandas, Darjeeling, 2019"] * 4,
    *["a picture of a picture"] * 9,
)
PANDA = Keyword(text="red panda", category="red-pandas", titles=TITLES)


class TestLearned(ExpanderContract):
    component = next(register_expanders())
    keywords = (PANDA,)


def queries(keyword: Keyword, **options: float) -> list[str]:
    return [query.text for query in expand(LearnedOptions.model_validate(options), keyword)]


def test_terms_of_accepted_images_are_asked_with_the_keyword() -> None:
    asked = ["red panda ailurus fulgens", "red panda central park", "red panda zoo", "red panda tree"]
    assert queries(PANDA) == asked


def test_rare_terms_common_ones_and_the_subject_itself_are_not() -> None:
    asked = " ".join(queries(PANDA, least=4)).replace("red panda", "")
    assert "darjeeling" in asked
    assert not any(word in asked for word in ("2019", "picture", "panda", "jpg", "file"))
    assert queries(Keyword(text="dog", titles=("Dog show",) * 9)) == [], "what all have is the subject"


def test_how_many_is_an_option() -> None:
    assert len(queries(PANDA, most=1)) == 1
    assert queries(Keyword(text="red panda")) == []
