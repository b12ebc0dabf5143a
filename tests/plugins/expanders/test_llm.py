from __future__ import annotations

import json

import pytest
from pixcrawler_plugins.expanders.llm import LlmExpanderOptions, build, register_expanders

from pixcrawler_core.records import Keyword
from pixcrawler_core.testing.contracts import ExpanderContract
from tests.plugins.talking import Model

CRANE = Keyword(text="crane", category="birds", hint="bird", context=("heron", "birds"))
ANSWER = {"queries": ["sandhill crane", "Crane!", "", "wading crane bird", "Sandhill  Crane", "x" * 300]}


class TestLlm(ExpanderContract):
    component = next(register_expanders())

    @pytest.fixture(autouse=True)
    def _asked(self, model: Model) -> None:
        model.says(ANSWER)
        self.__class__.options = model.options


def test_what_is_asked_and_what_is_taken(model: Model) -> None:
    model.says(ANSWER)
    expand = build(LlmExpanderOptions(**model.options, count=7))
    found = [(query.text, query.relation, query.detail) for query in expand(CRANE)]
    assert found == [("sandhill crane", "llm", "small-talk"), ("wading crane bird", "llm", "small-talk")]
    task, content = (message["content"] for message in model.asked[0]["messages"])
    assert "Give up to 7 different queries" in task
    told = {"keyword": "crane", "hint": "bird", "category": "birds", "other keywords": ["heron", "birds"]}
    assert json.loads(content) == told


def test_ones_own_prompt(model: Model) -> None:
    model.says(ANSWER)
    prompt = "{count} words for {keyword} and {0.__class__}"
    list(build(LlmExpanderOptions(**model.options, prompt=prompt))(CRANE))
    assert model.asked[0]["messages"][0]["content"] == "10 words for {keyword} and {0.__class__}"
