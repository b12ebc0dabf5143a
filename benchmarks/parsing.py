"""`make bench-parse`: how long the sources' parsers take for pages of 100 results."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import gc
import hashlib
import importlib
import itertools
import json
import math
import statistics
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yarl
from lxml import etree, html  # type: ignore[import-untyped]
from measure import goal, table
from multidict import CIMultiDict
from padding import grown
from scrapy import Request
from scrapy.http import HtmlResponse, TextResponse

from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Plan, Question, Stream
from pixcrawler_core.crawl.saved import parse_saved
from pixcrawler_core.registry import load
from pixcrawler_core.spider import SourceSpider
from pixcrawler_core.testing.odd import Notebook
from pixcrawler_core.testing.web import engines, openverse, wikimedia
from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.engine import KEY
from pixcrawler_core.testing.web.photographs import Photograph, load_photographs, words
from pixcrawler_core.urls import canonical_url, url_key

PHOTOGRAPHS = Path(__file__).parents[1] / "examples/photographs"
PORT, WORD, ROWS, MADE = 9, "benchmark", 100, 240
"""Of the simulated web, the query, results a page, photographs of which two sources have some each."""
BASE = f"http://127.0.0.1:{PORT}"
GOALS = {"JSON": 2.0, "HTML": 60.0}
"""Milliseconds a page."""
VARIANTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "bing": [{"first_page": "page"}],
    "google": [{"layout": layout} for layout in ("html", "wml", "json")],
    "feed": [{"start": (f"{BASE}/feed/{kind}",)} for kind in ("rss", "atom", "json")],
    "site": [{"start": (f"{BASE}/site/{page}",)} for page in (f"category/{WORD}", "sitemap.xml")],
}
"""Options with which sources are asked that know several kinds of pages."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A page to be parsed, and how many candidates it has."""

    name: str
    source: Source
    url: str
    kind: str
    body: bytes
    candidates: int


def renamed(photograph: Photograph, number: int) -> Photograph:
    """A photograph under another name, which one word finds."""
    told: dict[str, Any] = {
        "key": f"{WORD}/{number}-{photograph.key.rpartition('/')[2]}",
        "category": WORD,
        "title": f"{photograph.title}, no. {number}",
        "words": photograph.words | words(WORD),
        "sha256": hashlib.sha256(f"{photograph.sha256} {number}".encode()).hexdigest(),
    }
    return dataclasses.replace(photograph, **told)


class Simulation:
    """The simulated sources, which give 100 results a page whatever page they are asked for."""

    def __init__(self) -> None:
        examples = itertools.cycle(load_photographs(PHOTOGRAPHS))
        made = [renamed(next(examples), number) for number in range(1, MADE + 1)]
        self._engines, held = engines.Engines(Collection(made[:ROWS]), PORT), Collection(made)
        self._openverse, self._wikimedia = openverse.Openverse(held, PORT), wikimedia.Wikimedia(held, PORT)
        vars(openverse)["PAGE_SIZE"] = vars(wikimedia)["PROPERTY_BATCH"] = ROWS
        for name in engines.names():
            module = vars(importlib.import_module(f"{engines.__name__}.{name}"))
            if "page_of" in module:
                module["page_of"] = lambda found, start, size: found

    def body(self, request: Request, cookies: dict[str, str]) -> bytes:
        """The answer to a spider's request."""
        url = yarl.URL(request.url)
        if url.parts[1] == "openverse":
            reply: Any = self._openverse.answer({**url.query, "page_size": str(ROWS)})
        elif url.parts[1] == "wikimedia":
            reply = self._wikimedia.answer({**url.query, "gsrlimit": str(ROWS)}, "benchmark")
        else:
            asked: Any = _asked(request, url, cookies)
            engine: Any = self._engines.get(url.parts[1])
            reply = asyncio.run(engine.answer(asked, url.path.removeprefix(f"/{url.parts[1]}").strip("/")))
        cookies |= {name: morsel.value for name, morsel in reply.cookies.items()}
        return bytes(reply.body)


def _asked(request: Request, url: yarl.URL, cookies: dict[str, str]) -> SimpleNamespace:
    """A request as simulated sources see it."""

    async def read() -> bytes:
        return request.body

    headers = CIMultiDict({name.decode(): held[0].decode() for name, held in request.headers.items()})
    told = {"method": request.method, "headers": headers, "cookies": cookies, "read": read}
    return SimpleNamespace(url=url, rel_url=url, host=url.authority, query=url.query, **told)


def answers(source: Source, options: Mapping[str, Any], simulation: Simulation) -> Iterator[Sample]:
    """What a source is answered on its first pages, as long as there are more."""
    spider, cookies = _spider(source, options), dict[str, str]()
    stream = Stream(order=0, question=Question(category=WORD, engine=source.name, query=WORD))
    for _ in range(8):
        request = spider.page_request(stream)
        body = simulation.body(request, cookies)
        kind = HtmlResponse if body.lstrip()[:1] == b"<" else TextResponse
        page = spider.parse_page(kind(request.url, body=body), stream)
        yield _sample(source, request.url, body)
        for detail in page.details[:8]:
            yield _sample(source, detail.url, simulation.body(detail, cookies))
        if page.done:
            return
        stream.page, stream.cursor = stream.page + 1, page.cursor


def _spider(source: Source, more: Mapping[str, Any]) -> SourceSpider:
    told = {**{secret.option: KEY for secret in source.secrets}, **more}
    paths = {"openverse": "/v1/images/", "wikimedia": "/w/api.php"}
    known = {"accept_terms": True, "endpoint": f"{BASE}/{source.name}{paths.get(source.name, '')}"}
    told |= {name: value for name, value in known.items() if name in source.options.model_fields}
    spider = source.spider()
    spider.options = source.options(**told)
    options = {source.name: spider.options}
    spider.session = Notebook(plan=Plan(wanted={}, default_wanted=None, questions=(), options=options))
    return spider


def _sample(source: Source, url: str, body: bytes) -> Sample:
    kind = "JSON" if body[:1] != b"<" else "XML" if b"<html" not in body and b"<?xml" in body else "HTML"
    body = grown(body.decode(), ROWS).encode() if kind == "HTML" else body
    found = parse_saved(source, body, url, WORD).page.candidates
    return Sample(name=source.name, source=source, url=url, kind=kind, body=body, candidates=len(found))


def samples(names: Sequence[str]) -> list[Sample]:
    """For each kind of page of each source the one with the most candidates."""
    simulation, found = Simulation(), list[Sample]()
    known, simulated = load(installed=False).all(Source), {*engines.names(), "openverse", "wikimedia"}
    for name in sorted(simulated & known.keys() & set(names or simulated)):
        for options in VARIANTS.get(name, [{}]):
            best = max(answers(known[name], options, simulation), key=lambda sample: sample.candidates)
            if not best.candidates:
                raise SystemExit(f"{name}: no page with candidates")
            label = best.url.rpartition("/")[2] if "start" in options else "".join(options.values())
            found.append(dataclasses.replace(best, name=f"{name}, {label}" if label else name))
    return found


def calls(sample: Sample) -> tuple[Callable[[], object], Callable[[], object]]:
    """What is measured: the source's parser, and the bare one."""
    body = sample.body
    if sample.kind == "JSON":  # or nearly so
        body = body.removeprefix(b")]}'\n12;").replace(b"\\'", b"'")
    known = {"JSON": lambda text: json.loads(text, strict=False), "XML": etree.fromstring}
    bare = known.get(sample.kind, html.document_fromstring)
    return lambda: parse_saved(sample.source, sample.body, sample.url, WORD), lambda: bare(body)


def forget() -> None:
    """Empty the caches of addresses: the same page is read over and over, real ones have other addresses."""
    canonical_url.cache_clear()
    url_key.cache_clear()
    yarl.cache_clear()
    vars(urllib.parse)["clear_cache"]()


def milliseconds(call: Callable[[], object], seconds: float) -> float:
    """CPU time of a call: the median over so many seconds, of at least nine calls."""
    taken, end = list[float](), time.process_time() + seconds
    while time.process_time() < end or len(taken) < 9:
        forget()
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return statistics.median(taken) * 1000


def timed(found: Sequence[Sample], repeats: int, seconds: float) -> list[tuple[float, float, Sample]]:
    """Milliseconds for each page by its spider and by the bare parser: the best median of some turns."""
    best = dict.fromkeys(found, (math.inf, math.inf))
    gc.collect()
    gc.freeze()  # as a run does after its imports
    for _, sample in itertools.product(range(repeats), found):
        (whole, bare), before = calls(sample), best[sample]
        took = milliseconds(whole, seconds), milliseconds(bare, seconds / 2)
        best[sample] = min(before[0], took[0]), min(before[1], took[1])
    results = [(*best[sample], sample) for sample in found]
    return sorted(results, key=lambda result: (result[2].kind, -result[0]))


def row(page: float, floor: float, sample: Sample) -> list[str]:
    """A row of the table."""
    most = GOALS.get(sample.kind)
    told = [sample.name, sample.kind, f"{len(sample.body):,}", str(sample.candidates)]
    told += [f"{each:.2f}" for each in (page, page * 100 / sample.candidates, floor, page / floor)]
    return [*told, "" if most is None else "met" if page < most else "NOT MET"]


def main() -> None:
    """Read the command line, make the pages, time their parsers, print the report."""
    parser = argparse.ArgumentParser(description="Time the parsers of the sources.")
    parser.add_argument("sources", nargs="*", help="only these (default: all with a simulated counterpart)")
    parser.add_argument("--repeats", type=int, default=3, help="turns; the best median counts (default: 3)")
    parser.add_argument("--seconds", type=float, default=0.4, help="CPU time for each (default: 0.4)")
    options = parser.parse_args()
    results = timed(samples(options.sources), options.repeats, options.seconds)
    head = ["source", "kind", "bytes", "candidates", "ms per page", "ms per 100 rows", "floor, ms", "ratio"]
    print(table([*head, "goal"], [row(*result) for result in results]), end="\n\n")
    for kind, most in GOALS.items():
        slow = [sample.name for page, _, sample in results if sample.kind == kind and page >= most]
        print(goal(f"{kind} pages in under {most:g} ms each", not slow), f"(over it: {len(slow)})")


if __name__ == "__main__":
    main()
