from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixcrawler_plugins.expanders.templates import (
    DOMAINS,
    SETS,
    SLOT,
    Domain,
    Set,
    TemplatesOptions,
    built_in,
    register_expanders,
)
from pydantic import ValidationError

from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Keyword
from tests.plugins.expanders.stores import EMPTY, WithModels, WithoutModels, asked, expander

OF_DOMAIN = {
    "animal": ("red panda", "baby red panda"),
    "flower": ("sunflower", "sunflower in flower"),
    "plant": ("oak", "oak in autumn"),
    "fungus": ("mushroom", "mushroom in the forest"),
    "vehicle": ("fire truck", "fire truck from above"),
    "food": ("pizza", "homemade pizza"),
    "place": ("waterfall", "waterfall panorama"),
    "building": ("mosque", "mosque interior"),
    "person": ("fireman", "fireman at work"),
    "clothing": ("hat", "person wearing hat"),
    "object": ("teapot", "teapot on white background"),
    "general": ("qwertyish", "qwertyish close-up"),
}


class TestTemplates(WithModels):
    component = next(register_expanders())


class TestTemplatesWithoutWordNet(WithoutModels):
    component = next(register_expanders())


@pytest.mark.parametrize("domain", OF_DOMAIN)
def test_wordnet_tells_which_contexts_are_sensible(models: ModelStore, domain: str) -> None:
    keyword, query = OF_DOMAIN[domain]
    found = asked(expander("templates", models), keyword)
    assert query in [each.text for each in found]
    assert found == asked(expander("templates", EMPTY, domain=domain), keyword), "it is of no other domain"
    assert any("baby" in each.text for each in found) == (domain == "animal")


def test_hints_and_phrases_count(models: ModelStore) -> None:
    expand = expander("templates", models)
    assert "crane bird sleeping" in [each.text for each in asked(expand, "crane (bird)")]
    assert "fluffy dog sleeping" in [each.text for each in asked(expand, "fluffy dog")]


def test_without_wordnet_templates_are_general() -> None:
    found = asked(expander("templates", EMPTY), "dog")
    assert found == asked(expander("templates", EMPTY, domain="general"), "dog")
    assert {(each.relation, each.language) for each in found} == {("template", "en")}
    assert (found[0].text, found[0].detail) == ("dog close-up", "{keyword} close-up")


def test_sets_take_turns_and_ones_own_come_first() -> None:
    options = {"sets": ["weather", "states"], "templates": ["{keyword} in the fog", "my  {keyword}"]}
    found = asked(expander("templates", EMPTY, domain="animal", **options), "dog")
    texts = [each.text for each in found]
    assert texts[:4] == ["dog in the fog", "my dog", "dog in the snow", "baby dog"]
    assert len(texts) == 2 + 2 + 4


def test_no_more_templates_than_ones_own() -> None:
    expand = expander("templates", EMPTY, sets=[], templates=["{keyword} in the rain"])
    assert [each.text for each in asked(expand, "dog")] == ["dog in the rain"]


def test_what_a_keyword_says_already_is_not_said_again() -> None:
    expand = expander("templates", EMPTY, domain="animal", sets=["weather"])
    assert [each.text for each in asked(expand, "dog in the snow")] == ["dog in the snow in the rain"]


def test_keywords_are_text_and_nothing_else() -> None:
    expand = expander("templates", EMPTY, sets=[], templates=["{keyword} at home"])
    (query,) = expand(Keyword(text="{keyword} {0.__class__} %s"))
    assert query.text == "{keyword} {0.__class__} %s at home"


@pytest.mark.parametrize(
    "template",
    [
        *("", "in the rain", "{keyword}", "{keyword} ...", "{keyword} and {keyword}", "{keyword} {0}"),
        *("{keyword.__class__} x", "{keyword!r} x", "{{keyword}}", "{keyword} {", "{keyword} }"),
        f"{SLOT} {'x' * 150}",
    ],
)
def test_templates_that_cannot_be_filled_are_refused(template: str) -> None:
    with pytest.raises(ValidationError):
        TemplatesOptions(templates=(template,))


@given(st.text(max_size=60))
def test_what_is_accepted_has_the_keyword_once(template: str) -> None:
    try:
        options = TemplatesOptions(templates=(f"x{template}{SLOT}",), sets=())
    except ValidationError:
        assert set(template) & set("{}")
        return
    (query,) = expander("templates", EMPTY, **options.model_dump())(Keyword(text="Aye-aye"))
    assert query.text.count("Aye-aye") == 1 + template.count("Aye-aye")


def test_the_built_in_templates_are_such_as_users_may_write() -> None:
    domains = built_in()
    assert set(domains) == {*(name for name, _ in DOMAINS), "general"} == set(get_args(Domain)) - {"auto"}
    assert set(SETS) == set(get_args(Set))
    for name, sets in domains.items():
        assert set(sets) <= set(SETS), name
        templates = [template for each in sets.values() for template in each]
        assert TemplatesOptions(templates=tuple(templates)).templates == tuple(templates)
        assert len(set(templates)) == len(templates) >= 9
