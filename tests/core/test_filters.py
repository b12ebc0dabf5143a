from __future__ import annotations

from datetime import date

import pytest

from pixcrawler_core.filters import Filters
from pixcrawler_core.records import Candidate


def found(**told: object) -> Candidate:
    return Candidate(engine="e", category="c", query="q", image_url="https://e.example/1.jpg", **told)  # type: ignore[arg-type]


FITTING = [
    ({"min_width": 800}, {"width": 800, "height": 600}),
    ({"min_width": 800}, {}),
    ({"size": "large"}, {"width": 1200, "height": 10}),
    ({"aspect": "wide"}, {"width": 300, "height": 200}),
    ({"license": "commercial"}, {"license": "cc-by-4.0"}),
    ({"since": date(1995, 1, 1)}, {"date": "1990-2000"}),
    ({"until": date(1914, 6, 1)}, {"date": "1914-18"}),
    ({"until": date(1860, 1, 1)}, {"date": "c. 1850-60"}),
    ({"since": date(2020, 1, 1)}, {"date": "0000-00-00"}),
    ({"since": date(2020, 5, 17)}, {"date": "2020-05"}),
    ({}, {"safe": True}),
    ({"without": ["drawing", "toy crane"]}, {"title": "A crane, with drawings of toys", "tags": ("toy",)}),
    ({"safe_search": "off"}, {"safe": False}),
]
OTHERS = [
    ({"min_height": 700}, {"width": 800, "height": 600}),
    ({"size": "small"}, {"width": 400, "height": 300}),
    ({"aspect": "tall"}, {"width": 300, "height": 200}),
    ({"license": "commercial"}, {"license": "cc-by-nc-4.0"}),
    ({"license": "any"}, {}),
    ({"since": date(2020, 1, 1)}, {"date": "2019-12-31T10:00:00Z"}),
    ({"until": date(2020, 1, 1)}, {"date": "taken in 2021"}),
    ({}, {"safe": False}),
    ({"without": ["drawing"]}, {"title": "Crane (Drawing)"}),
    ({"without": ["Toy-Crane"]}, {"alt": "my toy crane"}),
    ({"without": ["toy"]}, {"tags": ("crane", "TOY")}),
]


@pytest.mark.parametrize(("filters", "told"), FITTING)
def test_what_fits(filters: dict[str, object], told: dict[str, object]) -> None:
    assert Filters.model_validate(filters).misfit(found(**told)) is None


@pytest.mark.parametrize(("filters", "told"), OTHERS)
def test_what_does_not_fit(filters: dict[str, object], told: dict[str, object]) -> None:
    assert Filters.model_validate(filters).misfit(found(**told))


def test_sources_that_were_asked_in_their_own_terms_are_believed() -> None:
    filters = Filters(size="medium", aspect="wide", license="commercial")
    candidate = found(width=350, height=300)
    assert filters.misfit(candidate)
    assert filters.misfit(candidate, {"size", "aspect", "license"}) is None
    assert filters.misfit(found(license="cc-by-nc-2.0"), {"license"}), "what is declared counts all the same"


@pytest.mark.parametrize(
    ("without", "longest", "asked"),
    [
        ([], None, "red panda"),
        (["toy", 'toy "crane'], None, 'red panda -toy -"toy crane"'),
        (["toy"], 14, "red panda -toy"),
        (["toy"], 13, "red panda"),
        ([], 8, "red"),
        ([], 2, "re"),
    ],
)
def test_queries_with_what_is_left_out(without: list[str], longest: int | None, asked: str) -> None:
    assert Filters.model_validate({"without": without}).words("red panda", longest) == asked
