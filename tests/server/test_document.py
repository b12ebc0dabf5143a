"""The document of the API: that it is one, that it tells all there is, and that answers are as it tells."""

from __future__ import annotations

from itertools import count
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pixcrawler_server.paths import without_converters
from pixcrawler_server.settings import LimitsTable
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup

from pixcrawler_core.service import Route
from tests.server.conftest import Api, MakeApi

MANY = "1000000/second"
MANY_EXAMPLES = 100
"""From so many on they are others each time; fewer are the same ones, so that the suite is."""
ANYTHING = ({"type": "string"}, {"type": "string", "format": "binary"})
PHASES = (Phase.generate,)
CHECKED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def test_it_is_a_document_of_openapi(api: Api) -> None:
    document = api.anonymous("GET", "//openapi.json").json
    assert document["openapi"] == "3.1.0"
    for each in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(each)
    assert not [name for name in document["components"]["schemas"] if "__" in name], "two of one name"
    ids = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids))


def test_it_has_every_route_and_no_other(api: Api) -> None:
    document = api.anonymous("GET", "//openapi.json").json
    routes = {without_converters(route.path) for route in api.services.registry.all(Route).values()}
    assert set(document["paths"]) == routes


@pytest.fixture
def open_api(make_api: MakeApi) -> Api:
    """A server that does not count."""
    names = [name for name in LimitsTable.model_fields if name != "storage"]
    return make_api(limits=dict.fromkeys(names, MANY))


@pytest.mark.parametrize("examples", [2, pytest.param(MANY_EXAMPLES, marks=pytest.mark.drill)])
@pytest.mark.timeout(600)
def test_every_answer_is_as_documented(open_api: Api, examples: int) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", open_api.app)
    failures, numbers = [], count()
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # test_it_is_a_document_of_openapi
        caller = open_api.admin(f"{next(numbers)}@example.org")  # who calls the next one may be signed out
        for mode in GenerationMode if _may_be_wrong(operation) else [GenerationMode.POSITIVE]:
            try:
                _try(operation, mode, caller.headers, examples)
            except (FailureGroup, Failure) as error:
                failures.append(f"{operation.label}: {error}")
    assert not failures, "\n\n".join(failures)


def _may_be_wrong(operation: Any) -> bool:
    """Whether there is something that it does not take."""
    given = (*operation.path_parameters, *operation.query, *operation.headers, *operation.body)
    return any(each.definition["schema"] not in ANYTHING for each in given)


def _try(operation: Any, mode: GenerationMode, headers: dict[str, str], examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=examples < MANY_EXAMPLES,
        phases=PHASES,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKED)

    ask()


def test_the_page_shows_every_operation_and_every_error(api: Api) -> None:
    document = api.anonymous("GET", "//openapi.json").json
    page = api.anonymous("GET", "//docs")
    for path in document["paths"].values():
        for each in path.values():
            assert f'id="{each["operationId"]}"' in page.text
    anchor = api.anonymous("GET", "/nothing").json["error"]["documentation_url"].partition("#")[2]
    assert f'id="{anchor}"' in page.text
    assert "<script" not in page.text
    assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
