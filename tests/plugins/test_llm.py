"""Language models that answer well, badly, late, too much, or not at all."""

from __future__ import annotations

import json

import pytest
from pixcrawler_plugins.llm import LONGEST, Llm, LlmFailed, LlmOptions
from pydantic import BaseModel, ConfigDict, ValidationError

from tests.plugins.talking import Model, Reply


class Colours(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colours: list[str]


GOOD = {"colours": ["red"]}


def ask(model: Model, key: str = "a-secret", **options: object) -> Colours:
    given = LlmOptions.model_validate({**model.options, **options})
    return Llm(given, {"PIXCRAWLER_LLM_KEY": key} if key else {}).ask("Name colours.", "Of a rose.", Colours)


@pytest.mark.parametrize(
    "text", [GOOD, f"```json\n{json.dumps(GOOD)}\n```", f"\n``` {json.dumps(GOOD)} ```\n"]
)
def test_a_good_answer(model: Model, text: object) -> None:
    model.says(text)
    assert ask(model).colours == ["red"]
    (asked,) = model.asked
    assert (asked["path"], asked["key"]) == ("/v1/chat/completions", "Bearer a-secret")
    assert (asked["model"], asked["temperature"]) == ("small-talk", 0)
    assert [message["content"] for message in asked["messages"]] == ["Name colours.", "Of a rose."]
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["colours"]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Red, I should think.", "did not answer in the form it was asked for: Invalid JSON"),
        ({"colours": "red"}, "colours: Input should be a valid array"),
        ({"colours": ["red"], "more": 1}, "more: Extra inputs are not permitted"),
        ("", "Invalid JSON"),
        (Reply(body=b'{"choices": []}'), "choices: List should have at least 1 item"),
        (Reply(body=b"<html>"), "Invalid JSON"),
        (
            Reply(body=b'{"choices": [{"message": {"content": null}}]}'),
            "content: Input should be a valid string",
        ),
        (Reply(text="x" * LONGEST), f"answers with more than {LONGEST} bytes"),
        (Reply(status=500, text="<html>long page</html>"), "failed: HTTP 500"),
        (Reply(status=401), "failed: HTTP 401"),
        (Reply(status=404), "failed: HTTP 404"),
    ],
)
def test_no_good_answer_is_told_in_a_sentence(model: Model, reply: object, told: str) -> None:
    model.says(reply)
    with pytest.raises(LlmFailed) as raised:
        ask(model)
    message = str(raised.value)
    assert told in message
    assert model.address in message
    assert "\n" not in message
    assert "a-secret" not in message


def test_it_asks_again_where_that_helps(model: Model) -> None:
    model.says(Reply(status=429, headers={"Retry-After": "0.01"}), GOOD)
    assert ask(model).colours == ["red"]
    assert len(model.asked) == 2
    model.says(Reply(status=503))
    with pytest.raises(LlmFailed, match="HTTP 503"):
        ask(model, retries=0)
    assert len(model.asked) == 1


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_knows_no_schemas_is_asked_without(model: Model, status: int) -> None:
    model.says(Reply(status=status), GOOD)
    assert ask(model).colours == ["red"]
    assert ["response_format" in asked for asked in model.asked] == [True, False]
    tasks = [asked["messages"][0]["content"] for asked in model.asked]
    assert tasks[0] == "Name colours."
    assert tasks[1].startswith("Name colours. Answer with JSON")
    assert json.dumps(Colours.model_json_schema()) in tasks[1]


def test_the_key_is_sent_nowhere_else(model: Model) -> None:
    elsewhere = f"{model.address}/elsewhere"
    model.says(Reply(status=307, headers={"Location": elsewhere}))
    with pytest.raises(LlmFailed, match="failed"):
        ask(model)
    assert {asked["path"] for asked in model.asked} == {"/v1/chat/completions"}


def test_a_silent_server_is_not_waited_for(model: Model) -> None:
    model.says(Reply(text=json.dumps(GOOD), seconds=1))
    with pytest.raises(LlmFailed, match="Timeout"):
        ask(model, timeout=0.1, retries=0)


def test_a_connection_that_breaks(model: Model) -> None:
    model.says(Reply(body=b"{", headers={"Content-Length": "5000"}))
    with pytest.raises(LlmFailed, match="failed: RemoteProtocolError"):
        ask(model)


def test_nobody_there(model: Model) -> None:
    with pytest.raises(LlmFailed, match=r"at http://127\.0\.0\.1:9/v1 failed: APIConnectionError"):
        ask(model, url="http://127.0.0.1:9/v1", retries=0)


def test_a_key_is_not_needed(model: Model) -> None:
    model.says(GOOD)
    assert ask(model, key="").colours == ["red"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://models.example/v1", "without encryption"),
        ("http://127.0.0.1.example/v1", "without encryption"),
        ("https://me:secret@models.example/v1", "has a user or a password"),
        ("ftp://models.example", "should match pattern"),
        ("https://", "should match pattern"),
    ],
)
def test_addresses_that_are_refused(url: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        LlmOptions(url=url, model="m")


@pytest.mark.parametrize("url", ["https://models.example/v1", "http://localhost:1/v1", "http://[::1]:1/v1"])
def test_addresses_that_are_taken(url: str) -> None:
    assert LlmOptions(url=url, model="m").url == url
    LlmOptions(url="http://models.example/v1", model="m", allow_http=True)
