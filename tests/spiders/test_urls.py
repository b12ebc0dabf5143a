from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_spiders import urls
from pixcrawler_spiders.lists import CHUNK, UrlsOptions, read_rows
from pixcrawler_spiders.urls import UrlsSpider
from pyarrow import parquet

from pixcrawler_core.crawl.discovery import Survey
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.records import Candidate

URL = "http://images.example/{}.jpg"
ROWS = [(URL.format(number), f"label {number % 3}") for number in range(7)]


@dataclass(frozen=True)
class Session:
    """What a spider works for."""

    plan: Plan
    discovery: Survey
    records: bool = False


class Recorder(Survey):
    """A run that wants everything and keeps what it is told."""

    def __init__(self, question: Question) -> None:
        super().__init__(Plan(wanted={}, default_wanted=None, questions=[question]))
        self.cursors: list[Any] = []

    async def add_page(self, stream: Stream, page: Page) -> Sequence[Candidate]:
        self.cursors.append(page.cursor)
        return await super().add_page(stream, page)


async def crawl(options: UrlsOptions, cursor: Any = None) -> tuple[list[Candidate], Recorder]:
    """Everything that a spider yields for a list, from a cursor on."""
    spider = UrlsSpider()
    spider.options = options
    question = Question(category="", engine="urls", query=options.file.name)
    recorder = Recorder(question)
    spider.session = Session(recorder.plan, recorder)
    (stream,) = await recorder.streams("urls")
    stream.cursor = cursor
    steps = [step async for step in spider.pages(stream)]
    return [step for step in steps if isinstance(step, Candidate)], recorder


def write(folder: Path, form: str) -> Path:
    """`ROWS` in a format."""
    path = folder / f"list.{form}"
    if form == "parquet":
        columns = list(zip(*ROWS, strict=True))
        table = pa.table({"url": list(columns[0]), "label": list(columns[1])})
        parquet.write_table(table, path, row_group_size=2)
    elif form == "jsonl":
        path.write_text("".join(json.dumps({"url": url, "label": label}) + "\n" for url, label in ROWS))
    elif form == "txt":
        path.write_text("".join(f"{url}\n" for url, _ in ROWS))
    else:
        parting = "\t" if form == "tsv" else ","
        path.write_text(f"url{parting}label\n" + "".join(f"{url}{parting}{label}\n" for url, label in ROWS))
    return path


@pytest.mark.parametrize("form", ["txt", "csv", "tsv", "jsonl", "parquet"])
async def test_every_format_gives_the_same_candidates(tmp_path: Path, form: str) -> None:
    labels = None if form == "txt" else "label"
    found, recorder = await crawl(UrlsOptions(file=write(tmp_path, form), label_column=labels))
    expected = [(url, label if labels else "images") for url, label in ROWS]
    assert [(each.image_url, each.category) for each in found] == expected
    assert {(each.engine, each.query) for each in found} == {("urls", f"list.{form}")}
    assert recorder.failures == {}


@pytest.mark.parametrize("form", ["txt", "csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("start", [0, 1, 2, 5, 7, 9])
def test_reading_goes_on_at_any_row(tmp_path: Path, form: str, start: int) -> None:
    found = read_rows(UrlsOptions(file=write(tmp_path, form)), start)
    assert [row["url"] for row in found] == [url for url, _ in ROWS[start:]]


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.integers(0, 9), min_size=1, max_size=6), start=st.integers(0, 60))
def test_row_groups_before_the_start_are_not_read(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], start: int
) -> None:
    path = tmp_path_factory.mktemp("lists") / "list.parquet"
    told = [URL.format(number) for number in range(sum(sizes))]
    with parquet.ParquetWriter(path, pa.schema([("url", pa.string())])) as writer:
        for number, size in enumerate(sizes):
            before = sum(sizes[:number])
            writer.write_table(pa.table({"url": pa.array(told[before : before + size], pa.string())}))
    assert [row["url"] for row in read_rows(UrlsOptions(file=path), start)] == told[start:]


async def test_a_list_is_recorded_in_chunks_and_goes_on_at_one(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    told = [URL.format(number) for number in range(2 * CHUNK + 3)]
    path.write_text("\n".join(told))
    found, recorder = await crawl(UrlsOptions(file=path))
    assert [each.image_url for each in found] == told
    assert recorder.cursors == [CHUNK, 2 * CHUNK, 2 * CHUNK + 3]
    rest, _ = await crawl(UrlsOptions(file=path), cursor=CHUNK)
    assert [each.image_url for each in rest] == told[CHUNK:]


async def test_all_columns(tmp_path: Path) -> None:
    row = {
        "address": "//images.example/1.jpg",
        "digest": "AB" * 32,
        "caption": 'A "panda",\nasleep',
        "where": "http://images.example/page",
        "licence": "cc0-1.0",
        "terms": "http://licence.example/",
        "who": "Ann",
    }
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(row))
    options = UrlsOptions(
        file=path, url_column="address", sha256_column="digest", title_column="caption",
        page_column="where", license_column="licence", license_url_column="terms", creator_column="who",
    )  # fmt: skip
    ((found,), _) = await crawl(options)
    assert (found.image_url, found.expected_sha256) == ("https://images.example/1.jpg", "ab" * 32)
    assert (found.title, found.page_url) == (row["caption"], row["where"])
    assert (found.license, found.license_url, found.creator) == ("cc0-1.0", "http://licence.example/", "Ann")


@pytest.mark.parametrize(
    ("told", "address", "wanted"),
    [
        ("CC BY-SA 4.0", None, "cc-by-sa-4.0"),
        ("https://creativecommons.org/licenses/by/2.0/", None, "cc-by-2.0"),
        ("CC BY 4.0", "https://creativecommons.org/licenses/by-nc/4.0/", "cc-by-4.0"),
        (" ", "https://creativecommons.org/licenses/by-nc/4.0/", "cc-by-nc-4.0"),
        (None, "http://licence.example/", None),
        ("All rights\nreserved", None, "all-rights-reserved"),
        ("Ask <b>Ann</b>!" + "x" * 500, None, f"ask-b-ann-b-{'x' * 68}"),
    ],
)
async def test_licences_are_read_as_those_of_other_sources(
    tmp_path: Path, told: str | None, address: str | None, wanted: str | None
) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({"url": URL, "licence": told, "terms": address}))
    options = UrlsOptions(file=path, license_column="licence", license_url_column="terms")
    ((found,), _) = await crawl(options)
    assert (found.license, found.license_url) == (wanted, address)


async def test_txt_has_comments_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(
        b"\xef\xbb\xbfhttp://a.example/1#part\r\n\r\n# http://a.example/2\r\n  http://a.example/3  \r\n"
    )
    found, _ = await crawl(UrlsOptions(file=path))
    assert [each.image_url for each in found] == ["http://a.example/1#part", "http://a.example/3"]


async def test_csv_has_quotes_a_mark_of_order_and_short_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        "\ufefflabel,url,note\r\n"
        '"Red, ""big""\r\npanda",http://a.example/1,x\r\n'
        "\r\n"
        ",http://a.example/2\r\n"
        "short\r\n"
        "long,http://a.example/3,x,y,z\r\n".encode()
    )
    found, _ = await crawl(UrlsOptions(file=path, label_column="label", category="other"))
    assert [(each.category, each.image_url) for each in found] == [
        ('Red, "big"\r\npanda', "http://a.example/1"),
        ("other", "http://a.example/2"),
        ("long", "http://a.example/3"),
    ]


async def test_cells_of_other_types(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    table = pa.table({"url": [b"http://a.example/1", None, b"http://a.example/2"], "label": [1.5, 2.0, None]})
    parquet.write_table(table, path)
    found, _ = await crawl(UrlsOptions(file=path, label_column="label"))
    told = [(each.image_url, each.category) for each in found]
    assert told == [("http://a.example/1", "1.5"), ("http://a.example/2", "images")]
    path = tmp_path / "list.jsonl"
    path.write_text('{"url": "http://a.example/1", "label": NaN}\n\n{"url": null}\n{"label": 3}\n')
    found, _ = await crawl(UrlsOptions(file=path, label_column="label"))
    assert [(each.image_url, each.category) for each in found] == [("http://a.example/1", "images")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("list.csv", b"link,label\nhttp://a.example/1,x\n", r"has no column 'url' \(it has link, label\)"),
        ("list.csv", b"", "it has no columns at all"),
        ("list.csv", b'url\n"' + b"x" * 200_000, "line 2: field larger"),
        ("list.tsv", b"url,label\n", "has no column 'url'"),
        ("list.jsonl", b'{"link": 1}\n', r"has no column 'url' \(it has link\)"),
        ("list.jsonl", b'{"url": 1}\n{"url"', "line 2: no JSON"),
        ("list.jsonl", b"[" * 100_000, "line 1: no JSON"),
        ("list.jsonl", b"7\n", "line 1: should be a JSON object, is '7'"),
        ("list.txt", "http://a.example/ä".encode("latin-1"), "is not UTF-8 text"),
        ("list.csv", "url\n".encode("utf-16"), "is not UTF-8 text"),
        ("list.parquet", b"url\nhttp://a.example/1\n", "cannot be read as Parquet"),
        ("list.parquet", b"", "cannot be read as Parquet"),
        ("list.xlsx", b"PK", "the format of the list list.xlsx is not clear"),
    ],
)
def test_a_list_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        list(read_rows(UrlsOptions(file=path)))


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    table = pa.table({"url": [f"http://a.example/{number * 7919 % 10007}" for number in range(20_000)]})
    parquet.write_table(table, path, compression="zstd")
    damaged = bytearray(path.read_bytes())
    damaged[1000:3000] = bytes(2000)
    path.write_bytes(damaged)
    with pytest.raises(ConfigError, match=r"list\.parquet cannot be read"):
        list(read_rows(UrlsOptions(file=path)))


def test_the_file_is_checked_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.csv does not exist"):
        UrlsSpider.check(UrlsOptions(file=tmp_path / "missing.csv"))
    with pytest.raises(ConfigError, match="is no file"):
        UrlsSpider.check(UrlsOptions(file=tmp_path, format="txt"))
    (tmp_path / "empty.txt").touch()
    UrlsSpider.check(UrlsOptions(file=tmp_path / "empty.txt"))


async def test_a_line_that_breaks_later_ends_the_stream_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"url": "http://a.example/1"}\n' * CHUNK + "broken\n")
    found, recorder = await crawl(UrlsOptions(file=path))
    assert len(found) == 1
    assert list(recorder.failures) == ["urls: list.jsonl"]
    assert f"line {CHUNK + 1}: no JSON" in recorder.failures["urls: list.jsonl"]


def test_it_is_registered() -> None:
    (source,) = urls.register_sources()
    assert (source.name, source.spider, source.options) == ("urls", UrlsSpider, UrlsOptions)
    assert not source.searches
    with pytest.raises(ValueError, match="Extra inputs"):
        UrlsOptions.model_validate({"file": "list.txt", "colum": "url"})


MEASURE = """
import resource, sys
from pathlib import Path
from pixcrawler_spiders.lists import UrlsOptions, read_rows

options = UrlsOptions(file=Path(sys.argv[1]))
rows = read_rows(options, int(sys.argv[2]))
for _ in range(5_000):
    next(rows)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for _ in rows)
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_list(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"list.{form}"
    number = 300_000
    told = (f"http://images.example/a-rather-long-folder/{index}.jpg" for index in range(number))
    if form == "csv":
        path.write_text("url\n" + "\n".join(told))
    else:
        parquet.write_table(pa.table({"url": list(told)}), path, row_group_size=20_000)
    done = subprocess.run([sys.executable, "-c", MEASURE, path, "20000"], capture_output=True, check=True)
    count, growth = map(int, done.stdout.split())
    assert count == number - 25_000
    assert growth < 10_000, f"{growth} KiB more at the end of the list"
