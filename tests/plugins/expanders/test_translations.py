from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pixcrawler_plugins.expanders.libretranslate import TranslationFailed
from pixcrawler_plugins.expanders.translations import TranslationsOptions, register_expanders
from pydantic import ValidationError

from pixcrawler_core.errors import ModelMissing, PluginError
from pixcrawler_core.models.store import ModelStore
from tests.plugins.expanders.stores import EMPTY, WithModels, asked, expander
from tests.plugins.expanders.translating import Service, serving


class TestTranslations(WithModels):
    component = next(register_expanders())


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as found:
        yield found


def german(models: ModelStore, written: str, category: str = "", **options: Any) -> str | None:
    """What a keyword is called in German."""
    found = asked(expander("translations", models, languages=["de"], **options), written, category)
    return found[0].text if found else None


def test_things_are_named_in_each_language(models: ModelStore) -> None:
    languages = ["ja", "de", "fr", "zh-Hant"]
    found = asked(expander("translations", models, languages=languages), "fire truck")
    assert [(each.language, each.text) for each in found] == [
        ("ja", "消防車"),
        ("de", "Feuerwehrauto"),
        ("fr", "camion de pompier"),
        ("zh-Hant", "消防車"),
    ]
    assert {(each.relation, each.detail) for each in found} == {("translation", "CLDR 🚒 fire engine")}


def test_places_come_from_the_map(models: ModelStore) -> None:
    (found,) = asked(expander("translations", models, languages=["pt"]), "lighthouse")
    assert (found.text, found.detail) == ("Farol", "OpenStreetMap man_made/lighthouse lighthouse")


def test_the_keywords_own_word_is_none(models: ModelStore) -> None:
    found = asked(expander("translations", models, languages=["de", "fr", "ja"]), "sushi")
    assert [(each.language, each.text) for each in found] == [("ja", "すし")]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("dogs", "Hund"),
        ("crane (bird)", None),
        ("crane (machine)", "Kran"),
        ("mouse", "Maus"),
        ("mouse (computer)", "Computermaus"),
        ("bat (animal)", "Fledermaus"),
        ("bat (baseball)", None),
        ("bat (qwertyish)", None),
        ("scooter (kick)", "Tretroller"),
        ("kite", "Drachen"),
        ("kite (bird)", None),
        ("turkey (country)", None),
        ("spring (metal)", None),
        ("peach", "Pfirsich"),
        ("raccoon", "Waschbär"),
        ("ram", "Widder"),
        ("raccoon (fur)", None),
        ("spring", None),
        ("lion", "Löwe"),
        ("qwertyish", None),
    ],
)
def test_another_meaning_of_the_word_is_not_translated(
    models: ModelStore, written: str, name: str | None
) -> None:
    assert german(models, written) == name


def test_the_rest_of_the_job_tells_the_meaning(models: ModelStore) -> None:
    assert german(models, "bat", "animal") == "Fledermaus"
    assert german(models, "bat", "baseball bat") is None
    assert german(models, "seal", "stamp") is None
    assert german(models, "crab", "crustacean") == "Krebs", "though CLDR thinks of the zodiac"
    assert german(models, "seal", "seals") == "Seehund", "which tells nothing"


def test_a_service_is_asked_for_what_is_missing(models: ModelStore, service: Service) -> None:
    service.known = {("de", "goldfish"): "Goldfisch", ("eo", "goldfish"): "orfiŝo", ("eo", "dog"): "hundo"}
    expand = expander("translations", models, languages=["de", "eo"], url=service.url)
    found = [(each.language, each.text, each.detail) for each in asked(expand, "goldfish")]
    assert found == [("de", "Goldfisch", "LibreTranslate"), ("eo", "orfiŝo", "LibreTranslate")]
    service.asked.clear()
    assert [each.text for each in asked(expand, "dog")] == ["Hund", "hundo"]
    assert [each["target"] for each in service.asked] == ["eo"]


def test_a_service_hears_the_hint(models: ModelStore, service: Service) -> None:
    service.known = {("de", "crane bird"): "Kranich"}
    assert german(models, "crane (bird)", url=service.url) == "Kranich"


def test_a_service_that_fails_is_told(models: ModelStore, service: Service) -> None:
    with pytest.raises(
        TranslationFailed, match=r"^the translation service at .* failed: HTTP 400 \(de is not"
    ):
        german(models, "goldfish", url=service.url)


def test_languages_without_names_are_told(models: ModelStore) -> None:
    with pytest.raises(PluginError, match="has no names in the language 'eo': name others"):
        expander("translations", models, languages=["de", "eo"])


def test_without_models_it_says_how_to_get_them() -> None:
    with pytest.raises(ModelMissing, match="pixcrawler models pull names-cldr"):
        expander("translations", EMPTY)


@pytest.mark.parametrize(
    "options",
    [
        {"languages": []},
        {"languages": ["german"]},
        {"languages": ["de; DROP"]},
        {"url": "ftp://127.0.0.1"},
        {"url": "https://me:secret@translate.example"},
        {"url": "http://translate.example"},
        {"url": "http://127.0.0.1", "key_env": "A B"},
        {"key": "secret"},
    ],
)
def test_options_that_cannot_be_right_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TranslationsOptions.model_validate(options)


def test_plain_http_is_for_this_machine_unless_one_insists() -> None:
    for url in (
        "http://127.0.0.1:5000",
        "http://localhost:5000/",
        "http://[::1]:5000",
        "https://t.example/v1",
    ):
        assert TranslationsOptions(url=url).url == url
    assert TranslationsOptions(url="http://t.example", allow_http=True).url == "http://t.example"
