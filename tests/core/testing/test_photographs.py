from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.testing.web.licences import parse_licence
from pixcrawler_core.testing.web.photographs import load_photographs, words


@pytest.mark.parametrize(
    ("text", "code", "version", "name", "commons"),
    [
        ("CC BY-SA 4.0", "by-sa", "4.0", "CC BY-SA 4.0", "cc-by-sa-4.0"),
        ("cc-by-2.0", "by", "2.0", "CC BY 2.0", "cc-by-2.0"),
        ("CC BY", "by", "4.0", "CC BY 4.0", "cc-by-4.0"),
        ("cc by-nc-nd 3.0", "by-nc-nd", "3.0", "CC BY-NC-ND 3.0", "cc-by-nc-nd-3.0"),
        ("CC0", "cc0", "1.0", "CC0", "cc0"),
        ("cc0-1.0", "cc0", "1.0", "CC0", "cc0"),
        ("", "cc0", "1.0", "CC0", "cc0"),
        ("Public domain", "pdm", "1.0", "Public domain", "pd"),
        ("PDM 1.0", "pdm", "1.0", "Public domain", "pd"),
    ],
)
def test_licence_is_spelt_as_each_source_spells_it(
    text: str, code: str, version: str, name: str, commons: str
) -> None:
    licence = parse_licence(text)
    assert (licence.code, licence.version, licence.name, licence.commons_code) == (
        code,
        version,
        name,
        commons,
    )
    assert licence.url.startswith("https://creativecommons.org/")
    assert licence.needs_attribution is (code not in {"cc0", "pdm"})


@pytest.mark.parametrize("text", ["all rights reserved", "byte", "GFDL"])
def test_unknown_licence_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        parse_licence(text)


def test_licence_url_of_the_credits_wins() -> None:
    assert parse_licence("CC BY 2.0", "https://example.org/terms").url == "https://example.org/terms"


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("Red Pandas", "red panda"),
        ("berries", "berry"),
        ("foxes", "fox"),
        ("glass", "glass"),
        ("churches", "church"),
    ],
)
def test_words_do_not_depend_on_number_or_case(many: str, one: str) -> None:
    assert words(many) == words(one)


def test_credits_are_read(photographs: Path) -> None:
    loaded = {photograph.key: photograph for photograph in load_photographs(photographs)}
    first = loaded["red-panda/red-panda-01.jpg"]
    assert (first.title, first.creator, first.licence.name) == (
        "Red panda no. 1",
        "Painter & Son 1",
        "CC BY 4.0",
    )
    assert first.tags == ("red panda", "picture", "test")
    assert (first.width, first.height, first.content_type) == (640, 480, "image/jpeg")
    assert first.body == (photographs / first.key).read_bytes()
    assert len(loaded) == 36


def test_credits_may_name_the_file_without_its_category(tmp_path: Path) -> None:
    (tmp_path / "fox").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "fox" / "a.jpg")
    (tmp_path / "credits.csv").write_text("file,category,title,licence\na.jpg,fox,A fox,CC BY 4.0\n")
    (photograph,) = load_photographs(tmp_path)
    assert (photograph.title, photograph.licence.code) == ("A fox", "by")


def test_folder_without_credits_is_served_with_titles_from_file_names(tmp_path: Path) -> None:
    (tmp_path / "snow leopard").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "snow leopard" / "On_a-rock.png")
    (tmp_path / "README.txt").write_text("not a picture")
    (photograph,) = load_photographs(tmp_path)
    assert (photograph.title, photograph.licence.code, photograph.content_type) == (
        "On a rock",
        "cc0",
        "image/png",
    )
    assert photograph.path == "snow%20leopard/On_a-rock.png"


def test_folder_without_photographs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no photographs"):
        load_photographs(tmp_path)


def test_unreadable_photograph_is_named(tmp_path: Path) -> None:
    (tmp_path / "fox").mkdir()
    (tmp_path / "fox" / "bad.jpg").write_bytes(b"no picture")
    with pytest.raises(ConfigError, match=r"bad\.jpg cannot be served"):
        load_photographs(tmp_path)
