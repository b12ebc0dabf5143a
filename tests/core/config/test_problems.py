from __future__ import annotations

import enum
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from pixcrawler_core.config.job import FetchOptions, JobTable
from pixcrawler_core.config.problems import OptionsError, Problem, parse_options
from pixcrawler_core.errors import PluginError


class Colour(enum.StrEnum):
    RED = "red"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: SecretStr | None = None
    limit: int = 1


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = Field(default=1, ge=1)
    names: tuple[str, ...] = ()
    colour: Colour = Colour.RED
    folder: Path = Path()
    either: int | bool = 1
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Options:
        if self.size == 99:
            raise ValueError("size and colour do not go together")
        return self


class Needy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str


def problem(table: dict[str, object], model: type[BaseModel] = Options) -> str:
    with pytest.raises(OptionsError) as caught:
        parse_options(model, table, "validator 'x'")
    return str(caught.value)


def test_a_fitting_table_becomes_options() -> None:
    table = {"names": ["a"], "colour": "red", "folder": "f", "inner": {"limit": 2}}
    options = parse_options(Options, table, "validator 'x'")
    assert options == Options(names=("a",), colour=Colour.RED, folder=Path("f"), inner=Inner(limit=2))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"sise": 1}, "unknown key 'sise' in validator 'x'; did you mean 'size'?"),
        (
            {"qqq": 1},
            "unknown key 'qqq' in validator 'x'; "
            "valid keys are colour, either, folder, inner, many, names, size",
        ),
        ({"inner": {"limt": 1}}, "unknown key 'limt' in validator 'x' inner; did you mean 'limit'?"),
        (
            {"many": [{}, {"limt": 1}]},
            "unknown key 'limt' in validator 'x' item 2 of many; did you mean 'limit'?",
        ),
        ({"size": 0}, "validator 'x' size is 0: it should be greater than or equal to 1"),
        ({"size": "3"}, "validator 'x' size is '3': it should be a whole number"),
        ({"size": True}, "validator 'x' size is True: it should be a whole number"),
        ({"names": "a"}, "validator 'x' names is 'a': it should be a list"),
        ({"names": ["a", 5]}, "validator 'x' item 2 of names is 5: it should be a string"),
        ({"colour": "blue"}, "validator 'x' colour is 'blue': it should be 'red'"),
        ({"inner": 3}, "validator 'x' inner is 3: it should be a table"),
        (
            {"either": "x"},
            "validator 'x' either is 'x': it should be a whole number, or it should be true or false",
        ),
        ({"size": 99}, "validator 'x': size and colour do not go together"),
    ],
)
def test_a_problem_is_named_with_its_value(table: dict[str, object], message: str) -> None:
    assert problem(table) == message


def test_a_missing_key_is_named() -> None:
    assert problem({}, Needy) == "missing key 'key' in validator 'x'"


def test_all_problems_are_reported_and_the_error_is_a_plugin_error() -> None:
    with pytest.raises(PluginError) as caught:
        parse_options(Options, {"sise": 1, "size": 0, "names": [1]}, "validator 'x'")
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    "table",
    [
        {"inner": {"token": 5}},
        {"inner": {"token": ["hunter2"]}},
        {"many": [{"token": {"hunter2": 1}}]},
        {"inner": {"tokn": "hunter2"}},
        {"many": {"token": "hunter2"}},
        {"size": [{"token": "hunter2"}]},
    ],
)
def test_secrets_are_not_shown(table: dict[str, object]) -> None:
    message = problem(table)
    assert "validator 'x'" in message
    assert "hunter2" not in message
    assert "5" not in message


@pytest.mark.parametrize("value", ["http://me:hunter2@proxy:1", ["ftp://me:hunter2@proxy"], {"hunter2": 1}])
def test_proxy_passwords_are_not_shown(value: object) -> None:
    message = problem({"proxies": value}, FetchOptions)
    assert "proxies" in message
    assert "hunter2" not in message


def test_long_values_are_cut() -> None:
    assert len(problem({"size": "9" * 10_000})) < 200


def test_values_nested_without_end_are_refused() -> None:
    value: list[object] = []
    for _ in range(500):
        value = [value]
    assert problem({"names": value}) == "validator 'x': its values are nested too deeply"


def test_the_time_for_wrong_values_grows_no_faster_than_their_number() -> None:
    began = time.process_time()
    with pytest.raises(OptionsError) as caught:
        parse_options(JobTable, {"keywords": [1] * 10_000}, "[job]")
    assert len(caught.value.problems) == 10_000
    assert time.process_time() - began < 3  # by the square of it, it would be ten


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*FetchOptions.model_fields, "x", "prox"]), JSON, max_size=4))
def test_any_table_gives_options_or_named_problems(table: dict[str, object]) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        options = parse_options(FetchOptions, table, "[fetch]")
    except OptionsError as error:
        problems = error.problems
        told = str(error).splitlines()
        options = FetchOptions()
    else:
        told = []
        assert set(table) <= set(FetchOptions.model_fields)
    assert [problem.message for problem in problems] == told
    assert all("[fetch]" in problem.message and problem.path[0] in table for problem in problems)
    assert parse_options(FetchOptions, options.model_dump(exclude={"proxies"}), "[fetch]").proxies == ()
