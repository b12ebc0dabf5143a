from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.exceptions import DropItem

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.migrate import upgrade
from pixcrawler_core.catalog.models import CrawlJob, Dataset, bind
from pixcrawler_core.catalog.writer import LedgerWriter
from pixcrawler_core.crawl.ahead import LabelsAhead
from pixcrawler_core.crawl.gate import ANY, Gate, Queue
from pixcrawler_core.crawl.pacing import Decided, Pacing
from pixcrawler_core.crawl.plan import Page, Plan, Question, Stream
from pixcrawler_core.crawl.recalling import Recalling
from pixcrawler_core.crawl.room import Room
from pixcrawler_core.crawl.run import Run
from pixcrawler_core.crawl.tally import Tally
from pixcrawler_core.dedup.kept import KeptImages
from pixcrawler_core.dedup.methods import build_methods
from pixcrawler_core.dedup.recogniser import Recogniser
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.fetch.failure import NotFetched
from pixcrawler_core.fetch.fetcher import Fetched as FetchedBytes
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import Labelers
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from pixcrawler_core.registry import load
from pixcrawler_core.stages.fetch import FetchPipeline
from pixcrawler_core.stages.select import SelectPipeline
from pixcrawler_core.takedown.matching import Matcher

ENGINES = ("one", "two")
PATIENCE = 5.0
"""Seconds after which a run counts as standing still."""
MEMORY = Path("/dev/shm")  # noqa: S108  # hundreds of small catalogs, which no disk has to keep
WORKERS = 3
"""Candidates of one page that are under way at once, as Scrapy's CONCURRENT_ITEMS."""


# The world: what the sources answer, and what lies behind the URLs.


@dataclass(frozen=True)
class Item:
    """A result: its URL's number, and the category if the source is a labelled list."""

    number: int
    label: str = ""

    @property
    def url(self) -> str:
        return f"http://images.example/{self.number}.jpg"


@dataclass(frozen=True)
class World:
    """A job and all that its sources would ever answer."""

    questions: Sequence[Question]
    wanted: Mapping[str, int | None]
    default_wanted: int | None
    pages: Sequence[Sequence[Sequence[Item]]]
    """By stream, then page."""
    breaks: Mapping[int, int]
    """Page at which a stream breaks, by stream."""
    contents: Sequence[str]
    """By the URL's number: the picture's name, or `404`, `timeout` or `unfit`."""

    @property
    def plan(self) -> Plan:
        return Plan(wanted=self.wanted, default_wanted=self.default_wanted, questions=self.questions)

    def content(self, url: str) -> str:
        return self.contents[int(url.rpartition("/")[2].removesuffix(".jpg"))]

    def candidate(self, stream: Stream, item: Item) -> Candidate:
        category = stream.category or item.label
        return Candidate(engine=stream.engine, category=category, query=stream.query, image_url=item.url)

    def expected(self) -> dict[str, list[str]]:
        """The dataset by the rules: in the order of the keys, each picture once, as many as wanted."""
        seen: set[str] = set()
        kept: dict[str, list[str]] = {}
        for _, category, item in sorted(self._reachable(), key=lambda each: each[0]):
            picture = self.contents[item.number]
            wanted = self.wanted.get(category, self.default_wanted)
            if picture in ("404", "timeout", "unfit") or picture in seen:
                continue
            if wanted is not None and len(kept.get(category, ())) >= wanted:
                continue
            seen.add(picture)
            kept.setdefault(category, []).append(item.url)
        return kept

    def _reachable(self) -> Iterator[tuple[tuple[int, int, int], str, Item]]:
        for order, pages in enumerate(self.pages):
            known: set[int] = set()
            for page, items in enumerate(pages[: self.breaks.get(order, 99) - 1], 1):
                for rank, item in enumerate(items):
                    if item.number not in known:
                        known.add(item.number)
                        yield (page, order, rank), self.questions[order].category or item.label, item


@st.composite
def worlds(draw: st.DrawFn) -> World:
    categories = draw(st.sampled_from([["cat"], ["cat", "dog"], ["cat", "dog", "owl"], [ANY]]))
    numbers = draw(st.integers(4, 24))
    pictures = st.sampled_from(["404", "timeout", "unfit", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"])
    label = st.sampled_from(["cat", "dog"]) if categories == [ANY] else st.just("")
    items = st.lists(st.builds(Item, st.integers(0, numbers - 1), label), max_size=6)
    questions = [
        Question(category=category, engine=engine, query=category or "list")
        for category in categories
        for engine in (ENGINES[:1] if category == ANY else ENGINES)
    ]
    wanted = {} if categories == [ANY] else {each: draw(st.none() | st.integers(0, 8)) for each in categories}
    return World(
        questions=questions,
        wanted=wanted,
        default_wanted=draw(st.none() | st.integers(1, 6)),
        pages=[draw(st.lists(items, min_size=1, max_size=4)) for _ in questions],
        breaks=draw(st.dictionaries(st.integers(0, len(questions) - 1), st.integers(1, 4), max_size=2)),
        contents=[draw(pictures) for _ in range(numbers)],
    )


# What surrounds a run: bytes, blobs, spiders.


class WatchedGate(Gate):
    """Notes every admission that the rule does not allow."""

    broken: list[str]

    def _release(self, queue: Queue, answer: bool) -> bool:
        key = queue[0][0]
        (goal,) = (each for each in self.goals.values() if queue is each.fetches or queue is each.wishes)
        ahead = goal.under_way if queue is goal.fetches else goal.backlog
        if answer and ahead >= goal.reach and key != self.turnstile.head():
            self.broken.append(f"{key} let through with {ahead} under way and a reach of {goal.reach}")
        return super()._release(queue, answer)


@dataclass(kw_only=True)
class Disk:
    """What survives a run: the catalog, and the blobs by digest."""

    database: Path
    blobs: set[str] = field(default_factory=set)
    downloads: Counter[str] = field(default_factory=Counter)

    def has(self, sha256: str, size: int | None = None) -> bool:
        return sha256 in self.blobs

    def file(self, sha256: str) -> Path:
        return self.database.with_name(sha256)

    @property
    def indexes(self) -> Path:
        return self.database.with_suffix(".indexes")


@dataclass(kw_only=True)
class Bench:
    """One run over a world, with latencies drawn from a seed; `stop_after` steps it is interrupted."""

    world: World
    disk: Disk
    random: random.Random
    stop_after: int | None = None
    ledger_type: type[Ledger] = Ledger
    queries: Mapping[str, Collection[str]] = field(default_factory=dict)
    steps: int = 0
    downloads: dict[int, asyncio.Task[Outcome]] = field(default_factory=dict)
    repeated: set[int] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    errors: list[BaseException] = field(default_factory=list)
    tombstones: Matcher = field(default_factory=lambda: Matcher(()))
    room: Room = field(default_factory=Room)
    spread: None = None

    run: Run = field(init=False)
    recogniser: Recogniser = field(init=False)
    ledger: LedgerWriter = field(init=False)
    ahead: LabelsAhead = field(init=False)

    @property
    def fetcher(self) -> Bench:
        return self

    @property
    def blobs(self) -> Disk:
        return self.disk

    async def main(self) -> None:
        """Resume, crawl with all engines, and write everything that is outstanding."""
        database = connect(self.disk.database)
        self.ledger = LedgerWriter(self.ledger_type(database, 1), on_error=self._broken)
        self.ahead = LabelsAhead(Labelers(), self.ledger, 1, self.tally.label, self._broken)
        self.recogniser = Recogniser(
            build_methods(load(installed=False), ["sha256"], {}), self.disk.indexes, self._opened
        )
        recalling, pacing = Recalling(self.recogniser, best=True), Pacing(self.queries)
        self.run = Run(self.world.plan, self.ledger, recalling, Tally(), pacing=pacing, room=self.room)
        gate = self.run.gate
        self.gate = WatchedGate(self.run.selection.turnstile, gate.goals, gate.wanted, gate.paced)
        self.gate.broken = []
        self.run.gate = self.run.selection.gate = self.gate
        self.stages = FetchPipeline(cast("Any", self)), SelectPipeline(cast("Any", self), feeds=False)
        try:
            await self.ledger.call(self._resume)
            await asyncio.wait_for(asyncio.gather(*(self._engine(name) for name in ENGINES)), PATIENCE)
        finally:
            await self.ledger.close()
            self.recogniser.close()
            database.close()
        assert not self.errors
        assert self.run.error is None
        assert self.gate.broken == []

    def _broken(self, error: Exception) -> None:
        self.run.stop(error)

    def _resume(self) -> None:
        ledger = self.ledger.ledger
        KeptImages(ledger.database, None, lambda _: False, 1).known_to(self.recogniser)
        ledger.reopen_streams()
        ledger.retry_passing()
        streams = []
        for order, question in enumerate(self.world.questions):
            state = ledger.open_stream(question.category, question.engine, question.query)
            stream = Stream(order=order, question=question, id=state.id, page=state.next_page)
            stream.cursor, stream.done, stream.rests_from = state.cursor, state.done, state.rests_from
            streams.append(stream)
        self.run.pacing.add(starmap(Decided, ledger.decided()))
        self.run.resume(streams, ledger.accepted())

    def _opened(self, digest: str) -> Image:
        return Image(self.disk.file(digest), digest, 1)

    async def _engine(self, engine: str) -> None:
        streams = await self.run.streams(engine)
        await asyncio.gather(*(self._stream(stream) for stream in streams))
        while self.tasks:
            await asyncio.gather(*self.tasks)
        self.run.release(engine, None)

    async def _stream(self, stream: Stream) -> None:
        async for candidate in self.run.unfinished(stream):
            self._start(self._item(candidate))
        while await self.run.want_page(stream):
            await self._pass_time()
            if self.world.breaks.get(stream.order) == stream.page:
                await self.run.end(stream, "broke")
                return
            items = self.world.pages[stream.order][stream.page - 1]
            found = [self.world.candidate(stream, item) for item in items]
            last = stream.page >= len(self.world.pages[stream.order])
            fresh = iter(await self.run.add_page(stream, Page(candidates=found, done=last)))
            for _ in range(WORKERS):
                self._start(self._worker(fresh))

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.errors.append(error)
            self.run.stop(WorkspaceError(str(error)))

    async def _worker(self, candidates: Iterator[Candidate]) -> None:
        for candidate in candidates:
            await self._item(candidate)

    async def _item(self, candidate: Candidate) -> None:
        fetch, select = self.stages
        await self._pass_time()
        try:
            fetched = await fetch.process_item(candidate)
            await self._pass_time()
            if self.world.content(candidate.image_url) == "unfit":
                rejected = Outcome(state=State.REJECTED, stage=Stage.VALIDATION, reason="unfit")
                self.run.settle(candidate, rejected)
                return
            fetched.study = self.recogniser.study(fetched.image, {})
            await select.process_item(fetched)
        except DropItem:
            return

    async def fetch(self, candidate: Candidate) -> FetchedBytes:
        """What a fetcher does, without a network."""
        await self._pass_time()
        picture = self.world.content(candidate.image_url)
        if picture in ("404", "timeout"):
            passing = picture == "timeout"
            raise NotFetched(Outcome(state=State.FAILED, stage=Stage.FETCH, reason=picture, passing=passing))
        digest = hashlib.sha256(picture.encode()).hexdigest()
        self.disk.blobs.add(digest)
        self.disk.downloads[candidate.image_url] += 1
        return FetchedBytes(
            sha256=digest, size=1, path=self.disk.file(digest), http_status=200,
            final_url=candidate.image_url, consent={},
        )  # fmt: skip

    async def _pass_time(self) -> None:
        self.steps += 1
        if self.steps == self.stop_after:
            asyncio.get_running_loop().call_soon(self.run.stop)
        for _ in range(self.random.randrange(6)):
            await asyncio.sleep(0)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with one job and nothing else."""
    path = tmp_path_factory.mktemp("catalog") / "catalog.db"
    database = connect(path)
    upgrade(database)
    bind(database)
    CrawlJob.create(dataset=Dataset.create(id="set", name="Set"), max_images=10, status="running")
    database.close()
    return path


@pytest.fixture(scope="module")
def new_disk(template: Path) -> Iterator[Callable[[], Disk]]:
    """Makes fresh disks."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        numbers = iter(range(10**6))

        def new() -> Disk:
            path = Path(folder) / f"{next(numbers)}.db"
            shutil.copyfile(template, path)
            return Disk(database=path)

        yield new


def contents(disk: Disk) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The dataset by category in the order of its numbers, and the state of every row by stream and URL."""
    database = connect(disk.database)
    ledger = Ledger(database, 1)
    kept: dict[str, list[str]] = {}
    for candidate, outcome in ledger.accepted():
        kept.setdefault(candidate.category, []).append(candidate.image_url)
        assert outcome.number == len(kept[candidate.category])
    states = {
        f"{row['category']} {row['engine']} {row['url']}": f"{row['state']} {row['reason'] or ''}"
        for row in ledger.rows()
    }
    database.close()
    return kept, states


@settings(max_examples=50, deadline=None)
@given(world=worlds(), seed=st.integers(0, 10**6))
def test_the_dataset_does_not_depend_on_the_network(
    new_disk: Callable[[], Disk], world: World, seed: int
) -> None:
    disk = new_disk()
    asyncio.run(Bench(world=world, disk=disk, random=random.Random(seed)).main())
    kept, _ = contents(disk)
    assert kept == world.expected()


@settings(max_examples=50, deadline=None)
@given(world=worlds(), seed=st.integers(0, 10**6), stops=st.lists(st.integers(1, 60), max_size=4))
def test_an_interrupted_run_goes_on_to_the_same_dataset(
    new_disk: Callable[[], Disk], world: World, seed: int, stops: list[int]
) -> None:
    disk, chance = new_disk(), random.Random(seed)
    for stop_after in [*stops, None]:
        asyncio.run(Bench(world=world, disk=disk, random=chance, stop_after=stop_after).main())
    kept, _ = contents(disk)
    assert kept == world.expected()


class FullDisk(Ledger):
    """Takes the first pages, then no more."""

    def add_page(self, stream_id: int, page: int, *page_of: Any, **more: Any) -> list[Candidate]:
        if page > 1:
            raise WorkspaceError("the disk is full")
        return super().add_page(stream_id, page, *page_of, **more)


def small_world(**changes: Any) -> World:
    """Two streams of one category, three pages each, ten different pictures a page."""
    questions = [Question(category="cat", engine=engine, query="cat") for engine in ENGINES]
    pages = [
        [[Item(30 * order + 10 * page + rank) for rank in range(10)] for page in range(3)] for order in (0, 1)
    ]
    usual: dict[str, Any] = {
        "questions": questions, "wanted": {"cat": 60}, "default_wanted": 60, "pages": pages, "breaks": {},
        "contents": [f"picture {number}" for number in range(60)],
    }  # fmt: skip
    return World(**{**usual, **changes})


def test_a_full_disk_ends_the_run_with_its_reason(new_disk: Callable[[], Disk]) -> None:
    bench = Bench(world=small_world(), disk=new_disk(), random=random.Random(1), ledger_type=FullDisk)
    with pytest.raises(WorkspaceError, match="the disk is full"):
        asyncio.run(bench.main())
    assert str(bench.run.error) == "the disk is full"
    assert bench.run.stopped
    assert not bench.run.interrupted


def test_nothing_is_fetched_twice(new_disk: Callable[[], Disk]) -> None:
    disk = new_disk()
    for stop_after in (60, 90, None):
        bench = Bench(world=small_world(), disk=disk, random=random.Random(7), stop_after=stop_after)
        asyncio.run(bench.main())
        assert bench.run.interrupted == (stop_after is not None)
    assert disk.downloads == Counter(Item(number).url for number in range(60))


def test_a_full_quota_ends_the_run_and_more_room_leads_to_the_same_dataset(
    new_disk: Callable[[], Disk],
) -> None:
    disk, world = new_disk(), small_world()
    for quota, used, accepted in ((15, 0, 15), (20, 18, 17), (100, 17, 60)):
        room = Room(lambda quota=quota, used=used: (quota, used))  # type: ignore[misc]  # one for each round
        bench = Bench(world=world, disk=disk, random=random.Random(3), room=room)
        asyncio.run(bench.main())
        assert bool(room.full) == bench.run.stopped == (accepted < 60)
        assert not bench.run.interrupted
        assert len(contents(disk)[0]["cat"]) == accepted
    assert contents(disk)[0] == world.expected()


def test_a_met_goal_ends_the_fetching(new_disk: Callable[[], Disk]) -> None:
    disk = new_disk()
    world = small_world(wanted={"cat": 4})
    asyncio.run(Bench(world=world, disk=disk, random=random.Random(3)).main())
    kept, states = contents(disk)
    assert kept == {"cat": [Item(number).url for number in range(4)]}
    assert sum(disk.downloads.values()) <= 4 + 4 // 4 + 4 + 1
    assert Counter(states.values()).keys() <= {"accepted ", "fetched ", "found "}


def test_a_broken_stream_is_named_and_the_others_go_on(new_disk: Callable[[], Disk]) -> None:
    disk = new_disk()
    bench = Bench(world=small_world(breaks={0: 2}), disk=disk, random=random.Random(5))
    asyncio.run(bench.main())
    assert bench.run.failures == {"one: cat": "broke"}
    kept, _ = contents(disk)
    assert kept["cat"] == [Item(number).url for number in [*range(10), *range(30, 60)]]


def test_the_same_url_in_two_categories_is_one_download_and_one_image(new_disk: Callable[[], Disk]) -> None:
    questions = [Question(category=name, engine="one", query=name) for name in ("cat", "dog")]
    same = [[[Item(number) for number in range(10)]]] * 2
    world = small_world(questions=questions, wanted={"cat": 10, "dog": 10}, pages=same)
    disk = new_disk()
    asyncio.run(Bench(world=world, disk=disk, random=random.Random(2)).main())
    kept, states = contents(disk)
    assert kept == {"cat": [Item(number).url for number in range(10)]}
    assert Counter(states.values()) == {"accepted ": 10, "duplicate duplicate": 10}
    assert disk.downloads == Counter(Item(number).url for number in range(10))
