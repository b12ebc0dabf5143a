from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pixcrawler_core.config.load import parse_job
from pixcrawler_core.config.schema import job_schema
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry, load

ROOT = Path(__file__).parents[3]

GOOD = """
[job]
name = "cats"
max_images = 10

[[category]]
name = "lynx"
keywords = ["lynx"]

[sources]
engines = ["openverse"]
[sources.openverse]
page_size = 10

[fetch]
max_bytes = "20 MiB"
allow_private_hosts = ["nas.local"]
proxies = ["http://proxy"]

[validators.size]
enabled = true
min_width = 3
rules = [{ name = "a", inner = { name = "b" } }]
[validators.blur]
enabled = false
name = "x"
inner = { name = "y" }
[validators.plain]
enabled = false

[dedup]
methods = ["sha256"]

[labels]
labelers = ["sizes", "category"]
[labels.sizes]
min_width = 4

[export]
formats = ["zip"]
[export.zip]
min_width = 5
"""

BAD = [
    ("max_images = 10", "max_images = 0"),
    ("max_images = 10", "max_imges = 10"),
    ("page_size = 10", "page_size = 1000"),
    ("page_size = 10", "x = 1"),
    ('engines = ["openverse"]', 'engines = ["urls"]'),
    ("[sources.openverse]", "[sources.openvers]"),
    ('"20 MiB"', '"lots"'),
    ("enabled = true", "enabled = 1"),
    ("min_width = 3", "min_widht = 3"),
    ('inner = { name = "b" }', "inner = { name = 1 }"),
    ('inner = { name = "y" }', "inner = { nme = 'y' }"),
    ("[validators.plain]\nenabled = false", "[validators.plain]\nx = 1"),
    ("[validators.plain]", "[validators.plan]"),
    ('["sha256"]', '["sha"]'),
    ("min_width = 4", "enabled = true"),
    ('["sizes", "category"]', '["size"]'),
    ("[labels.sizes]", "[labels.size]"),
    ("min_width = 5", "enabled = true"),
    ("[fetch]", "[fetsh]"),
]


def errors(schema: dict[str, Any], text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(tomllib.loads(text))]


def test_the_schema_is_valid_and_can_be_printed(registry: Registry) -> None:
    schema = job_schema(registry)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema)) == schema


def test_a_good_job_fits_the_schema(registry: Registry) -> None:
    parse_job(GOOD, registry, ROOT)
    assert errors(job_schema(registry), GOOD) == []


@pytest.mark.parametrize(("good", "bad"), BAD)
def test_the_schema_refuses_what_the_program_refuses(good: str, bad: str, registry: Registry) -> None:
    assert GOOD.count(good) == 1
    text = GOOD.replace(good, bad)
    with pytest.raises(ConfigError):
        parse_job(text, registry, ROOT)
    assert errors(job_schema(registry), text)


def test_a_list_has_the_keys_of_its_plugin(registry: Registry) -> None:
    schema = job_schema(registry)
    assert errors(schema, "[urls]\nfile = 'f'") == []
    assert errors(schema, "[urls]\nfiel = 'f'")


def test_the_examples_fit_the_schema_and_load() -> None:
    registry = load(installed=False)
    schema = job_schema(registry)
    Draft202012Validator.check_schema(schema)
    for path in sorted(ROOT.glob("examples/*.toml")):
        text = path.read_text("utf-8")
        assert errors(schema, text) == [], path.name
        parse_job(text, registry, path.parent, source=path.name)
