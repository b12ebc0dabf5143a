"""The labeler `title`: what is left of titles, alt texts and tags, however nasty they are."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pixcrawler_plugins.labelers import title

from pixcrawler_core.errors import PluginError
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import as_json
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.testing.contracts import LabelerContract
from tests.plugins.labelers.modelled import labels


class TestContract(LabelerContract):
    component = next(title.register_labelers())


def said(most: int = 10, **told: Any) -> list[Label]:
    """The labels of an image of which a source told this; the file is not read."""
    candidate = Candidate(engine="e", category="c", query="q", image_url="https://a.example/1.jpg", **told)
    return labels("title", Image(Path("there-is-no-such-file"), "00" * 32, 1, candidate), most=most)


def titled(text: str, site: str | None = None) -> str | None:
    found = said(title=text, site=site)
    return found[0].name if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<b>Red</b> panda &amp;amp; bamboo.jpg", "Red panda & bamboo"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Owl <img src=x onerror=alert(1)", "Owl"),
        ("<!-- a comment --> Owl <br/>at&nbsp;night", "Owl at night"),
        ("File:Red_panda_(Ailurus_fulgens).jpg", "Red panda (Ailurus fulgens)"),
        ("red-panda-in-a-tree.webp", "red panda in a tree"),
        ("Red\0 pan\u202eda\n", "Red panda"),
        ("Cats: 5 < 6 and 7 > 3", "Cats: 5 < 6 and 7 > 3"),
        ("雪豹.jpg", "雪豹"),
        ("Ночной город", "Ночной город"),
    ],
)
def test_markup_and_endings_go(text: str, name: str) -> None:
    assert titled(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("IMG_1234.JPG", "DSC0001", "_MG_4567 edited", "PXL_20230101_123456789", "P1010001.jpg"),
        *("photo 3 (2).jpg", "image001", "20200101_123456", "d41d8cd98f00b204e9800998ecf8427e"),
        *("WhatsApp Image 2020-01-01 at 12.00.00.jpeg", "Screenshot 2020-01-01 at 1.02.03 PM", "1920x1080"),
        *("Untitled", "n/a", "null", "Free download", "Stock Photography", "https://e.example/a/b.jpg"),
        *("#wildlife #zoo", "@someone", "...", "-", "", " \0", "\u2028", "()", "12345"),
    ],
)
def test_what_says_nothing_gives_no_label(text: str) -> None:
    assert titled(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Red panda (IMG_1234)", "Red panda"),
        ("P-51 Mustang", "P-51 Mustang"),
        ("BMW R 1200 GS", "BMW R 1200 GS"),
        ("Boeing 747-400", "Boeing 747-400"),
        ("Owl at night, see www.owls.example/a?b=c #owls", "Owl at night, see"),
        ("#1 fan", "1 fan"),
    ],
)
def test_only_what_cameras_and_machines_say_goes(text: str, name: str) -> None:
    assert titled(text) == name


@pytest.mark.parametrize(
    ("text", "site", "name"),
    [
        ("Red panda | WWF", None, "Red panda"),
        ("Red panda - Wikipedia, the free encyclopedia", None, "Red panda"),
        ("Pinterest - Red panda", None, "Red panda"),
        ("Red Panda Stock Photo - Alamy", None, "Red Panda"),
        ("Red panda \N{EN DASH} National Geographic", "nationalgeographic.com", "Red panda"),
        ("Red panda - National Geographic", "National Geographic", "Red panda"),
        ("Red panda - Ailurus fulgens", "example.com", "Red panda - Ailurus fulgens"),
        ("Red panda - red panda!", None, "Red panda"),
        ("HD wallpaper: red panda, 1920x1080", None, "red panda"),
        ("100 free stock photos of red panda", None, "red panda"),
        ("Download Red Panda Wallpaper HD", None, "Red Panda"),
        ("Photo of a red panda", None, "a red panda"),
        ("Free the dogs!", None, "Free the dogs!"),
    ],
)
def test_sites_and_boilerplate_go(text: str, site: str | None, name: str) -> None:
    assert titled(text, site) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("owl owl OWL", "owl"),
        ("snowy owl snowy owl, Snowy Owl", "snowy owl"),
        ("big cats and big dogs", "big cats and big dogs"),
    ],
)
def test_repeated_words_are_told_once(text: str, name: str) -> None:
    assert titled(text) == name


def test_the_alt_text_stands_in_for_a_title_that_says_nothing() -> None:
    assert said(title="IMG_1234.jpg", alt="An owl") == [Label(name="An owl", attributes={"from": "alt"})]
    assert said(title="A hawk", alt="An owl") == [Label(name="A hawk", attributes={"from": "title"})]
    assert said() == []


def test_tags_are_told_once_each() -> None:
    tags = ("#Wildlife", "wildlife ", "geo:lat=3.1", "red_panda", "IMG_1234", "x" * 70, "Zoo", "stock photo")
    assert said(tags=tags) == [
        Label(name=name, attributes={"from": "tags"}) for name in ("Wildlife", "red panda", "Zoo")
    ]
    assert [each.name for each in said(1, tags=tags)] == ["Wildlife"]
    assert said(0, tags=tags) == []
    assert len(said(tags=tuple(map("tag{}x".format, range(5000))))) == 10


def test_a_file_that_was_not_crawled_has_no_label() -> None:
    assert labels("title", Image(Path("there-is-no-such-file"), "00" * 32, 1, None)) == []


def test_long_titles_are_cut_between_words() -> None:
    name = titled(" ".join(map("word{}".format, range(1000))))
    assert name is not None
    assert 190 < len(name) <= 200
    assert name.rpartition(" ")[2].startswith("word")


@pytest.mark.parametrize(
    "unit",
    [
        *("<", "<a ", "<a =", "<!--", "<script>", "&lt;", "a.", "a@", "a-", "w_", "- ", "| ", "(", "0", "f"),
        *("free ", "stock ", "1 x ", "IMG_1_", "screenshot at ", "owl ", "a b ", "\ud800", "\u202e", "&#0;"),
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    began = time.process_time()
    said(title=unit * 100_000, tags=(unit * 1000,) * 20)
    assert time.process_time() - began < 0.5


@given(st.text(max_size=60), st.text(max_size=20), st.lists(st.text(max_size=20), max_size=4))
@example("<a<b>>", "&#x202e;", ["&lt;b&gt;"])
def test_whatever_is_left_is_a_proper_label(text: str, site: str, tags: list[str]) -> None:
    for label in said(title=text, alt=text, site=site, tags=tuple(tags)):
        told = as_json(label)
        assert told["name"] == label.name
        assert label.name == label.name.strip()


@pytest.mark.parametrize("options", [{"most": -1}, {"language": "en"}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match="labeler 'title'"):
        labels("title", Image(Path("x"), "00" * 32, 1, None), **options)
