"""The source and the command of docs/hooks.md, run as the plugins that they show."""

from __future__ import annotations

import types
from pathlib import Path

import pluggy
import pytest
from click.testing import CliRunner
from scrapy.http import TextResponse

from pixcrawler_core import hookspecs
from pixcrawler_core.cli import Context
from pixcrawler_core.components import Command, Source
from pixcrawler_core.crawl.plan import Question, Stream
from pixcrawler_core.registry import Registry
from pixcrawler_core.sources import LayoutChanged
from tests.docs.pages import ROOT, blocks

STREAM = Stream(order=0, question=Question(category="boats", engine="harbour", query="tall ship"))


def registry(label: str) -> Registry:
    (block,) = (each for each in blocks(ROOT / "docs/hooks.md") if each.label == label)
    module = types.ModuleType(f"example_{label}")
    exec(compile(block.text, block.name, "exec", dont_inherit=True), vars(module))  # noqa: S102
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    manager.register(module, label)
    manager.check_pending()
    return Registry(manager, {})


def answer(text: str) -> TextResponse:
    return TextResponse("https://harbour.example/search", body=text.encode(), encoding="utf-8")


def test_the_source_asks_and_reads() -> None:
    source = registry("source").get(Source, "harbour")
    spider = source.spider()
    spider.options = source.options()
    assert spider.page_request(STREAM).url == "https://harbour.example/search?q=tall+ship&page=1"
    page = spider.parse_page(answer('{"photos": [{"url": "https://p.example/1.jpg"}], "more": true}'), STREAM)
    assert [(each.image_url, each.category) for each in page.candidates] == [
        ("https://p.example/1.jpg", "boats")
    ]
    assert not page.done
    with pytest.raises(LayoutChanged):
        spider.parse_page(answer("[]"), STREAM)


def test_the_command_counts(tmp_path: Path) -> None:
    command = registry("command").get(Command, "count").load()
    folder = tmp_path / "datasets/dataset-cats/categories/cat"
    folder.mkdir(parents=True)
    (folder / "image_001.jpg").touch()
    done = CliRunner().invoke(command, ["cats"], obj=Context(workspace=tmp_path), standalone_mode=False)
    assert (done.output, done.return_value) == ("1 images\n", 0)
