"""ATTRIBUTION.md shows what the manifest says, whatever strangers wrote in titles and names."""

from __future__ import annotations

import io
import json
import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pixcrawler_core.assembly.attribution import write_head, write_line
from pixcrawler_core.licensing.sentences import attribution
from tests.core.assembly.conftest import House

PAGE = "https://photos.example/a_b*c?x=1&y=2"
SIGNS = st.text(st.sampled_from(list("\\`*_{}[]<>()#|~!&;:@\"'/.-+ \n\t\u202e\x00ahw1")), max_size=40)
WORDS = st.lists(
    st.sampled_from(
        ["<b>", "&lt;", "&#x202e;", "](https://evil.example)", "![x](y)", "www.evil.example", "`", "<!--"]
    )
    | SIGNS
    | st.text(max_size=10)
).map("".join)


def shown(markdown: str) -> list[Any]:
    """The inline tokens of a list with one item, as CommonMark reads it."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    kinds = [each.type for each in tokens]
    assert kinds == [
        *("bullet_list_open", "list_item_open", "paragraph_open", "inline"),
        *("paragraph_close", "list_item_close", "bullet_list_close"),
    ]
    return tokens[3].children or []


@given(WORDS, WORDS, WORDS)
@example("www.a.b", "a@b.example", "https://evil.example/?a=<b>")
def test_a_line_shows_the_sentence_of_the_manifest(title: str, creator: str, licence: str) -> None:
    entry = {
        "path": "categories/a/image_001.jpg",
        "title": title,
        "creator": creator,
        "licence": licence,
        "page": PAGE,
        "licence_url": "https://a.example/[x](y)",
        "creator_url": "javascript:alert(1)",
    }
    file = io.StringIO()
    write_line(file, entry)
    line = file.getvalue()
    assert line.count("\n") == 1
    tokens = shown(line)
    links = [each.attrs["href"] for each in tokens if each.type == "link_open"]
    assert {each.type for each in tokens} <= {
        "code_inline",
        "text",
        "link_open",
        "link_close",
        "text_special",
    }
    assert PAGE in links
    assert all(link.startswith((PAGE, "https://creativecommons.org/", "https://")) for link in links)
    text = "".join(each.content for each in tokens)
    assert text == f"{entry['path']}: {attribution(entry)}"
    beside = re.sub(r"<[^<>]*>", "", line)
    assert not re.search(r"www\.|(?<!\\)(?:://|@)", beside)


@given(WORDS)
def test_the_name_of_the_dataset_stays_a_heading(name: str) -> None:
    file = io.StringIO()
    write_head(file, name)
    tokens = MarkdownIt("commonmark").parse(file.getvalue())
    assert [each.type for each in tokens if each.type.endswith("_open")] == ["heading_open", "paragraph_open"]
    children = tokens[1].children or []
    assert {each.type for each in children} <= {"text", "text_special"}


def test_the_licences_of_a_dataset(house: House) -> None:
    by_nc = "https://creativecommons.org/licenses/by-nc/4.0/"
    told: list[dict[str, Any]] = [
        {"title": "Cat", "creator": "Ann", "license": "cc-by-4.0", "page_url": "https://a.example/1"},
        {"license": "cc-by-4.0", "license_url": by_nc},
        {"license": "cc0-1.0"},
        {"license": "ask me"},
        {},
    ]
    for category, changes in zip("abcde", told, strict=True):
        house.accept(house.find(category, 1, **changes))
    folder = house.assemble()
    images = json.loads((folder / "manifest.json").read_text("utf-8"))["images"]
    assert [each["spdx"] for each in images] == ["CC-BY-4.0", None, "CC0-1.0", None, None]
    assert images[0]["attribution"] == (
        '"Cat" by Ann is licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). '
        "Source: https://a.example/1"
    )
    assert [each["attribution"] for each in images] == [attribution(each) for each in images]
    statistics = json.loads((folder / "statistics.json").read_text("utf-8"))["images"]
    assert statistics["licences"] == {"cc-by-4.0": 2, "cc0-1.0": 1, "ask me": 1, "unknown": 1}
    assert statistics["policies"] == {"any": 3, "commercial": 2, "modification": 3, "attribution-free": 1}
    lines = (folder / "metadata/ATTRIBUTION.md").read_text("utf-8").splitlines()
    assert [line.partition(": ")[0] for line in lines if line.startswith("- ")] == [
        f"- `{each['path']}`" for each in images
    ]
