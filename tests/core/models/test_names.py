from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.converters.cldr import convert as convert_cldr
from pixcrawler_core.models.converters.osm import convert as convert_osm
from pixcrawler_core.models.store import ModelStore


def cldr(**languages: Mapping[str, str]) -> dict[str, bytes]:
    """A package of CLDR: names of emoji by language; English ones have their words as keywords."""
    files = {"LICENSE": "© Unicode".encode()}
    for language, names in languages.items():
        told = {emoji: {"tts": [name], "default": name.split()} for emoji, name in names.items()}
        path = f"package/annotations/{language}/annotations.json"
        files[path] = json.dumps({"annotations": {"annotations": told}}).encode()
    return files


def osm(**languages: Mapping[str, Any]) -> dict[str, bytes]:
    """A package of iD's presets by language."""
    told = {code.replace("_", "-"): presets for code, presets in languages.items()}
    return {"LICENSE.md": b"ISC"} | {
        f"{code}.min.json": json.dumps({code: {"presets": {"presets": presets}}}).encode()
        for code, presets in told.items()
    }


def test_emoji_of_things_are_taken() -> None:
    english = {
        "🦁": "lion",
        "🐻\u200d❄": "polar bear",
        "^": "caret",
        "😀": "grinning face",
        "👨\u200d🚒": "man",
    }
    german = {"🦁": "Löwe", "🐻\u200d❄": "Eisbär", "^": "Zirkumflex", "😀": "Gesicht", "👨\u200d🚒": "Mann"}
    made = convert_cldr(cldr(en=english, de=german, fr={"🦁": "tête de lion", "🐻\u200d❄": "ours blanc"}))
    assert json.loads(made) == {
        "source": "CLDR",
        "licence": "© Unicode",
        "languages": ["de", "fr"],
        "things": [
            ["🦁", ["lion"], ["lion"], ["Löwe", None]],
            ["🐻\u200d❄", ["polar bear"], ["polar", "bear"], ["Eisbär", "ours blanc"]],
        ],
    }


def test_presets_of_places_are_taken() -> None:
    english = {
        "man_made/lighthouse": {"name": "Lighthouse", "terms": ["beacon"]},
        "natural/beach": {"name": "Beach"},
        "amenity/bar": {"name": "Bar"},
        "amenity/x": {"name": "Sauna / Spa"},
        "type/route": {"name": "Route"},
        "shop": {"terms": ["retail"]},
    }
    names = {"man_made/lighthouse": "Farol", "amenity/bar": "Bar", "amenity/x": "Spa", "type/route": "Rota"}
    portuguese = {tag: {"name": name} for tag, name in names.items()}
    made = json.loads(
        convert_osm(osm(en=english, pt_BR=portuguese, nb={"natural/beach": {"name": "Strand - a"}}))
    )
    assert (made["source"], made["licence"], made["languages"]) == ("OpenStreetMap", "ISC", ["no", "pt"])
    words = ["artifact", "structure", "beacon"]
    assert made["things"] == [["man_made/lighthouse", ["lighthouse"], words, [None, "Farol"]]]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff"])
def test_a_package_with_other_files_is_told(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"no JSON in package/annotations/en/annotations\.json"):
        convert_cldr(cldr(en={}) | {"package/annotations/en/annotations.json": data})
    with pytest.raises(ModelError, match=r"no JSON in en\.min\.json"):
        convert_osm(osm(en={}) | {"en.min.json": data})


@pytest.mark.parametrize(("name", "least"), [("names-cldr", 1200), ("names-osm", 1300)])
def test_the_files_name_many_things_and_their_licence(models: ModelStore, name: str, least: int) -> None:
    told = json.loads(models.path(name).read_bytes())
    assert len(told["things"]) > least
    assert all(len(row[3]) == len(told["languages"]) for row in told["things"])
    assert {"de", "fr", "ja", "zh", "zh-Hant", "no", "pt"} <= set(told["languages"])
    assert "Permission" in told["licence"]
