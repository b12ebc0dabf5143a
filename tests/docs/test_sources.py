"""Every source, its options and the fields of its candidates are documented."""

from __future__ import annotations

import dataclasses

import pytest

from pixcrawler_core.components import Exporter, Labeler, Source, Storage, Validator
from pixcrawler_core.records import Candidate
from pixcrawler_core.registry import load
from tests.docs.pages import ROOT

REGISTRY = load(installed=False)


def section(page: str, title: str) -> str:
    """A section of a page, up to the next heading of its level."""
    return (ROOT / page).read_text("utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("source", REGISTRY.all(Source).values(), ids=lambda source: source.name)
def test_every_source_has_a_section_with_its_options(source: Source) -> None:
    text = section("docs/sources.md", source.name)
    assert text
    assert [option for option in source.options.model_fields if f"| `{option}` |" not in text] == []


@pytest.mark.parametrize("check", REGISTRY.all(Validator).values(), ids=lambda check: check.name)
def test_every_check_has_a_section_with_its_options(check: Validator) -> None:
    text = section("docs/validators.md", check.name)
    assert text
    fields = check.options.model_fields if check.options else ()
    assert [option for option in fields if f"| `{option}` |" not in text] == []


@pytest.mark.parametrize("labeler", REGISTRY.all(Labeler).values(), ids=lambda labeler: labeler.name)
def test_every_labeler_has_a_section_with_its_options(labeler: Labeler) -> None:
    text = section("docs/labels.md", labeler.name)
    assert text
    fields = labeler.options.model_fields if labeler.options else ()
    assert [option for option in fields if f"| `{option}` |" not in text] == []


@pytest.mark.parametrize("exporter", REGISTRY.all(Exporter).values(), ids=lambda exporter: exporter.name)
def test_every_format_has_a_section_with_its_options(exporter: Exporter) -> None:
    page = (ROOT / "docs/exports.md").read_text("utf-8")
    text = page.partition(f"\n### {exporter.name}\n")[2].partition("\n##")[0]
    assert text
    fields = exporter.options.model_fields if exporter.options else ()
    assert [option for option in fields if f"| `{option}` |" not in text] == []


@pytest.mark.parametrize("store", REGISTRY.all(Storage).values(), ids=lambda store: store.name)
def test_every_store_has_its_options_explained(store: Storage) -> None:
    text = (ROOT / "docs/storage.md").read_text("utf-8")
    assert f"`{store.name}`" in text
    fields = store.options.model_fields if store.options else ()
    assert [option for option in fields if f"| `{option}` |" not in text] == []


def test_every_field_of_a_candidate_is_explained() -> None:
    text = section("docs/plugins.md", "A source")
    assert [each.name for each in dataclasses.fields(Candidate) if f"`{each.name}`" not in text] == []


def test_the_readme_lists_every_source() -> None:
    text = section("README.md", "Sources")
    assert [name for name in REGISTRY.all(Source) if f"[`{name}`]" not in text] == []
