"""The dataset cards of exports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pixcrawler_core.exports.card import HUGGING_FACE, Facts, card
from pixcrawler_core.licensing.spdx import identifier
from tests.exporters.made import dataset, entries, exported

FORMS = ("croissant", "folder", "webdataset")
NAME = "birds\n---\nlicense: mit # <script>alert(1)</script> [x](javascript:y) | \u202e www.evil.example"
CC = "https://creativecommons.org/licenses"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


def rewritten(folder: Path, rows: Iterable[Mapping[str, Any]], **head: Any) -> Path:
    """The dataset with another manifest."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    text = json.dumps({"dataset": folder.name, **head}, indent=1).removesuffix("\n}")
    (folder / "manifest.json").write_text(f'{text},\n "images": [\n{lines}\n],\n "files": []}}\n', "utf-8")
    return folder


def front(export: Path) -> dict[str, Any]:
    """The front matter, as Hugging Face's library reads it."""
    from huggingface_hub import DatasetCard

    told: dict[str, Any] = DatasetCard.load(export / "README.md").data.to_dict()
    return told


def rendered(export: Path) -> str:
    """The body as HTML."""
    text = (export / "README.md").read_text("utf-8")
    assert text.startswith("---\n")
    return str(MarkdownIt("commonmark").enable("table").render(text.split("\n---\n", 1)[1]))


@pytest.mark.parametrize("form", FORMS)
def test_datasets_reads_the_folder_as_its_card_says(
    form: str, tmp_path: Path, load_dataset: Callable[..., Any]
) -> None:
    export = exported(dataset(tmp_path), form)
    assert front(export) == {
        "license": "cc0-1.0",
        "pretty_name": "dataset-places",
        "size_categories": ["n<1K"],
        "task_categories": ["image-classification"],
        "tags": ["image", "pixcrawler"],
        "configs": front(export)["configs"],
    }
    found = load_dataset(str(export))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 4, "validation": 2}
    image = found["train"][0]["jpg" if form == "webdataset" else "image"]
    assert image.size == (entries(tmp_path / "dataset-places")[0]["width"], image.height)


@pytest.mark.parametrize("form", FORMS)
def test_hostile_text_stays_text(form: str, tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    rows = [{**row, "category": f"{NAME}{row['category']}", "licence": "<b>*"} for row in entries(folder)]
    queries = [{"text": "`a` | ![x](http://evil.example/x.png)"}]
    job = {"fetch": {"contact": "javascript:alert(1)"}, "sources": {"filters": {"<i>": "\n# b"}}}
    keywords = {"queries": queries}
    export = exported(rewritten(folder, rows, name=NAME, job=job, keywords=keywords, pixcrawler="<u>"), form)
    told = front(export)
    assert told["license"] == "other"
    assert told["license_name"] == "<b>*"
    assert told["pretty_name"] == " ".join(NAME.split()).replace("\u202e", "\ufffd")
    html = rendered(export)
    for tag in ("<script", "<b>", "<i>", "<u>", "<img", "<a ", "\u202e"):
        assert tag not in html
    assert html.count("<h1>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert html.count("<tr>") == 1 + 2 + 1 + 1


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_name_gives_a_card_that_can_be_read(name: str, category: str) -> None:
    facts = Facts(dataset="set", head={"name": name})
    facts.add({"category": category, "licence": category})
    text = card(facts, "pass", lambda split: [f"{split}/**"])
    matter, body = text.removeprefix("---\n").split("\n---\n", 1)
    assert yaml.safe_load(matter)["pretty_name"] == facts.name
    html = MarkdownIt("commonmark").enable("table").render(body)
    assert html.count("<h1>") == 1
    assert html.count("<h2>") == 5
    assert html.count("<tr>") == 4
    assert not any(tag in html for tag in ("<em>", "<a ", "<img", "<strong>", "<del>"))


@pytest.mark.parametrize(
    ("licences", "links", "wanted"),
    [
        ([None], [None], {"license": "unknown"}),
        (["cc-by-4.0"], [None], {"license": "cc-by-4.0"}),
        (
            ["pdm"],
            ["https://x.example/pdm"],
            {"license_name": "pdm", "license_link": "https://x.example/pdm"},
        ),
        (["pdm", "pdm"], ["https://x.example/1", "https://x.example/2"], {"license_name": "pdm"}),
        (["pdm"], ["javascript:x"], {"license_name": "pdm"}),
        (["cc0-1.0", None], [CC0, None], {"license_name": "mixed"}),
        ([], [], {"license": "unknown"}),
        (["CC BY 4.0"], [None], {"license": "cc-by-4.0"}),
        (["cc0", "cc0-1.0"], [None, CC0], {"license": "cc0-1.0"}),
        ([None], [CC0], {"license": "cc0-1.0"}),
        (
            ["cc-by-4.0"],
            [f"{CC}/by-nc/4.0/"],
            {"license_name": "cc-by-4.0", "license_link": f"{CC}/by-nc/4.0/"},
        ),
        (["cc-by-4.0"] * 2, [None, f"{CC}/by-nc/4.0/"], {"license_name": "mixed"}),
        (["gfdl-1.2", "gfdl-1.3-or-later"], [None, None], {"license": "gfdl"}),
        (["odbl"], [None], {"license": "odbl"}),
        (["gpl-3.0-or-later"], [None], {"license": "gpl-3.0"}),
        (["mit"], ["https://x.example/mit"], {"license": "mit"}),
        (
            ["cc-by-3.0-de"],
            [None],
            {"license_name": "cc-by-3.0-de", "license_link": f"{CC}/by/3.0/de/"},
        ),
        (["cc-by-nc-1.0"], [None], {"license_name": "cc-by-nc-1.0", "license_link": f"{CC}/by-nc/1.0/"}),
        (["unsplash"], [None], {"license_name": "unsplash", "license_link": "https://unsplash.com/license"}),
    ],
)
def test_a_licence_is_told_where_all_images_have_it(
    licences: list[str | None], links: list[str | None], wanted: Mapping[str, str]
) -> None:
    facts = Facts(dataset="set")
    for licence, link in zip(licences, links, strict=True):
        facts.add({"licence": licence, "licence_url": link})
    matter = yaml.safe_load(card(facts, "", lambda _: []).split("---\n")[1])
    told = {key: value for key, value in matter.items() if key.startswith("license")}
    assert told == {"license": "other", **wanted}


def test_hugging_faces_codes_belong_to_identifiers_of_spdx() -> None:
    assert [name for name in HUGGING_FACE if (identifier(name) or "").lower() != name] == []


def test_a_licence_that_only_its_address_tells_is_told() -> None:
    facts = Facts(dataset="set")
    facts.add({"licence_url": CC0})
    assert f"| [cc0-1.0](<{CC0}>) | 1 |" in card(facts, "", lambda _: [])


def test_a_card_tells_how_the_dataset_was_made(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    (folder / "metadata").mkdir()
    (folder / "metadata/ATTRIBUTION.md").write_text("# Attribution\n")
    rows = [
        {
            **row,
            "engine": "openverse",
            "licence_url": row["creator"] and CC0,
            "licence": row["creator"] and "cc0-1.0",
        }
        for row in entries(folder)
    ]
    head = {
        "pixcrawler": "1.2.3",
        "name": "Places",
        "created_at": "2026-01-02T03:04:05Z",
        "job": {
            "job": {"validation": "slow"},
            "sources": {"filters": {"min_width": 300}},
            "validators": {"blur": {"threshold": 0.1}},
            "fetch": {"contact": "https://example.org/bot"},
        },
        "keywords": {"queries": [{"text": "old castles"}, {"text": "ruins"}, {"text": "ruins"}]},
        "dedup": {"methods": [{"name": "sha256"}, {"name": "phash"}]},
        "splits": {"shares": {"train": 0.7, "val": 0.3}, "together": ["page"]},
    }
    export = exported(rewritten(folder, rows, **head), "folder")
    assert front(export)["license_link"] == "metadata/ATTRIBUTION.md"
    text = (export / "README.md").read_text("utf-8").split("\n---\n", 1)[1]
    for wanted in (
        "# Places\n\n6 images in 2 categories, found on the web",
        "assembled by PixCrawler 1.2.3 on 2026-01-02.",
        "| category | train | val |\n|---|---:|---:|\n| castles | 2 | 1 |\n| ruins | 2 | 1 |\n",
        "- Sources: openverse (6).\n- Queries: old castles, ruins.\n- Filters: min\\_width = 300.\n",
        "- Checks: level slow, with settings of their own for blur.\n",
        "- Duplicates: recognised by sha256, phash.\n- Splits: train 70.0%, val 30.0%; never parted: page.\n",
        f"| [cc0-1.0](<{CC0}>) | 4 |\n",
        "which its row tells, and [metadata/ATTRIBUTION.md](metadata/ATTRIBUTION.md).",
        "To have an image removed, turn to <https://example.org/bot>.",
        "images = load_dataset('dataset-places-imagefolder')",
    ):
        assert wanted in text


def test_a_long_list_is_cut_and_counted() -> None:
    facts = Facts(dataset="set")
    for number in range(300):
        facts.add({"category": str(number)})
    text = card(facts, "", lambda _: [])
    assert "| 199 | 1 |\n\nAnd 100 more.\n" in text
    assert "| 200 | 1 |" not in text


def test_sizes_are_those_of_hugging_face() -> None:
    facts = Facts(dataset="set")
    for images, wanted in ((999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**10, "n>1B")):
        facts.images["train", ""] = images
        assert f"- {wanted}\n" in card(facts, "", lambda _: [])


def test_yolo_has_no_card(tmp_path: Path) -> None:
    assert not (exported(dataset(tmp_path), "yolo-classification") / "README.md").exists()
