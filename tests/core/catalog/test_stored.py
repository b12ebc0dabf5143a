"""What the catalog says of stores, whose it is, and quotas, on both databases."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType

import pytest
from peewee import Database

from pixcrawler_core.catalog.models import Dataset, Export, Image, Project, Role, StoredUnit, User
from pixcrawler_core.catalog.quotas import check_quota, local_bytes, stored_bytes, usage_of
from pixcrawler_core.errors import QuotaExceeded
from pixcrawler_core.storage.bodies import Body
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.errors import StoreUnavailable
from pixcrawler_core.storage.protocols import Stat, StorageTier, Store
from pixcrawler_core.storage.pushing import Push
from pixcrawler_core.testing.stores import MemoryStore

BIRDS, EXPORT = "datasets/dataset-birds", "exports/dataset-birds.zip"
MakePush = Callable[..., Push]


@pytest.fixture
def user(database: Database) -> User:
    """Ada, who may store 100 bytes and has the dataset `birds`."""
    user = User.create(email="ada@example.org", storage_quota=100)
    Dataset.create(id="birds", name="Birds", project=Project.create(owner=user, name="animals"))
    return user


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def books(database: Database, store: MemoryStore) -> Books:
    return Books(database, store, "memory")


@pytest.fixture
def visiting(database: Database, store: MemoryStore) -> Books:
    """The same, of somebody who does not have the dataset: another does."""
    return Books(database, store, "memory", in_use=lambda dataset: dataset == "birds")


@pytest.fixture
def push(store: MemoryStore, tmp_path: Path) -> MakePush:
    """Makes a push of files of so many bytes."""

    def push(unit: str, *sizes: int, to: Store = store) -> Push:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        for number, size in enumerate(sizes):
            (folder / f"{number}.jpg").write_bytes(bytes([number]) * size)
        return Push(to, folder, unit)

    return push


def rows() -> list[tuple[object, ...]]:
    """Unit, dataset, objects, and bytes by tier of each row."""
    found = StoredUnit.select().order_by(StoredUnit.store, StoredUnit.unit)
    return [(row.unit, row.dataset_id, row.objects, row.hot, row.warm, row.cold) for row in found]


def test_what_is_pushed_moved_and_deleted_is_noted(
    user: User, books: Books, store: MemoryStore, push: MakePush
) -> None:
    sent = list(books.push(push(BIRDS, 3, 4)))
    assert [each.new for each in sent] == [True, True]
    assert rows() == [(BIRDS, "birds", 2, 7, 0, 0)]
    store.set_tier([f"{BIRDS}/0.jpg"], StorageTier.COLD)
    books.settle(BIRDS)
    assert rows() == [(BIRDS, "birds", 2, 4, 0, 3)]
    assert stored_bytes(user) == 7
    store.delete([stat.key for stat in store.list()])
    books.settle(BIRDS)
    assert (rows(), stored_bytes(user)) == ([], 0)


def test_the_books_are_balanced(
    user: User, books: Books, visiting: Books, store: MemoryStore, push: MakePush
) -> None:
    list(push(BIRDS, 3, 4).run())
    list(push(EXPORT, 5).run())
    list(push("elsewhere/others", 6).run())
    told = books.settle_all()
    assert [(each.key, each.what) for each in told] == [(BIRDS, "accounting"), (EXPORT, "accounting")]
    assert told[0].detail == (
        "noted: nothing; stored: 2 objects, 7 bytes hot, 0 warm, 0 cold of dataset birds"
    )
    assert rows() == [(BIRDS, "birds", 2, 7, 0, 0), (EXPORT, "birds", 1, 5, 0, 0)]
    assert books.settle_all() == []
    store.set_tier([f"{EXPORT}/0.jpg"], StorageTier.WARM)
    store.delete([stat.key for stat in store.list(BIRDS)])
    assert visiting.settle_all() == [], "it is in use"
    assert len(books.settle_all()) == 2
    assert rows() == [(EXPORT, "birds", 1, 0, 5, 0)]
    other = Books(StoredUnit.bound_to(), MemoryStore(), "other")
    other.settle(EXPORT)
    assert other.settle_all() == []
    assert len(rows()) == 1, "another store has rows of its own"


def test_units_are_known_by_their_names(user: User, books: Books, push: MakePush) -> None:
    """But whose an export is that was noted when it was written is known from there."""
    Dataset.create(id="birds-big", name="Big birds")
    Export.create(dataset="birds", format="-big.zip", path="dataset-birds-big.zip")
    whose = {
        "blobs": None,
        "datasets/dataset-birds": "birds",
        "datasets/dataset-birds-of-prey": None,
        "datasets/dataset-birds.v3": "birds",
        "exports/dataset-birds-big-train.zip": "birds-big",
        "exports/dataset-birds-big.zip": "birds",
        "exports/dataset-birds-train.tar.gz": "birds",
        "exports/dataset-birds.zip": "birds",
        "exports/dataset-birdsong.zip": None,
    }
    for unit in whose:
        list(books.push(push(unit, 3)))
    assert {unit: dataset for unit, dataset, *_ in rows()} == whose


def test_usage_by_dataset_and_tier(user: User, books: Books, store: MemoryStore, push: MakePush) -> None:
    User.update(storage_quota=10**10).execute()
    other = User.create(email="bob@example.org")
    for name, project in (
        ("cats", Project.get()),
        ("dogs", Project.create(owner=other, name="p")),
        ("ants", None),
    ):
        Dataset.create(id=name, name=name, project=project)
    for number, (dataset, size) in enumerate((("cats", 3 * 10**9), ("cats", 5), ("dogs", 7), ("ants", 9))):
        Image.create(
            dataset=dataset, row=number, category="c", number=number, original_url="", file_size=size
        )
    for unit in (BIRDS, EXPORT, "datasets/dataset-dogs", "datasets/dataset-ants"):
        list(books.push(push(unit, 2, 4)))
    store.set_tier([f"{EXPORT}/0.jpg"], StorageTier.WARM)
    books.settle(EXPORT)
    found = {each.dataset: each for each in usage_of(user)}
    assert list(found) == ["birds", "cats"]
    assert found["birds"].stored == {StorageTier.HOT: 10, StorageTier.WARM: 2, StorageTier.COLD: 0}
    assert (found["birds"].objects, found["birds"].images, found["birds"].local) == (4, 0, 0)
    assert (found["cats"].images, found["cats"].local, sum(found["cats"].stored.values())) == (
        2,
        3 * 10**9 + 5,
        0,
    )
    assert (stored_bytes(user), local_bytes(user)) == (12, 3 * 10**9 + 5)
    assert (stored_bytes(other), local_bytes(other)) == (6, 7)
    assert books.owners([BIRDS, "datasets/dataset-ants", "datasets/dataset-cats"]) == {
        BIRDS: "ada@example.org",
        "datasets/dataset-ants": None,
        "datasets/dataset-cats": "ada@example.org",
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_number_of_queries_is_constant(user: User, database: Database) -> None:
    for number in range(20):
        Dataset.create(id=f"d{number}", name="", project=Project.get())
        StoredUnit.create(store="s", unit=str(number), dataset=f"d{number}", objects=1, hot=1, warm=0, cold=0)
    asked: list[str] = []
    database.connection().set_trace_callback(asked.append)  # type: ignore[no-untyped-call]  # peewee's stub
    assert (stored_bytes(user), local_bytes(user), len(usage_of(user))) == (20, 0, 20)
    assert len(asked) == 5


def test_whose_it_is_follows_the_dataset(
    user: User, books: Books, store: MemoryStore, push: MakePush
) -> None:
    """To another owner at once; what is left of it when it is gone stays with the last one."""
    list(books.push(push(BIRDS, 7)))
    other = User.create(email="bob@example.org")
    Project.update(owner=other).execute()
    assert (stored_bytes(user), stored_bytes(other)) == (0, 7)
    books.settle(BIRDS)
    Project.get().delete_instance()
    assert (stored_bytes(user), stored_bytes(other)) == (0, 7)
    Dataset.get().delete_instance()
    books.settle(BIRDS)
    assert rows() == [(BIRDS, None, 1, 7, 0, 0)]
    assert [(each.dataset, each.objects) for each in usage_of(other)] == [(None, 1)]
    assert books.owners([BIRDS]) == {BIRDS: "bob@example.org"}
    other.delete_instance()
    assert books.owners([BIRDS]) == {BIRDS: None}


def test_a_push_holds_its_room(user: User, books: Books, store: MemoryStore, push: MakePush) -> None:
    """At the edge: what is under way counts before it is there, and not twice afterwards."""
    first = books.push(push(BIRDS, 30, 30))
    next(first)
    with pytest.raises(QuotaExceeded) as caught:
        list(books.push(push(EXPORT, 30, 30)))
    assert (caught.value.used, caught.value.quota, caught.value.asked) == (60, 100, 60)
    assert "quota is 100 bytes: 60 are used, and 60 more do not fit" in str(caught.value)
    assert list(store.list("exports")) == []
    list(first)
    list(books.push(push(BIRDS, 70, 30)))
    assert (stored_bytes(user), len(rows())) == (100, 1)
    list(books.push(push(BIRDS, 70, 30)))
    User.update(storage_quota=10).execute()
    list(books.push(push(BIRDS, 20, 30)))
    assert stored_bytes(user) == 50, "less always fits"
    User.update(role=Role.ADMIN).execute()
    list(books.push(push(BIRDS, 70, 70)))
    assert stored_bytes(user) == 140, "admins have no quota"


def test_images_here_count_against_the_quota_too(user: User, books: Books, push: MakePush) -> None:
    Image.create(dataset="birds", row=1, category="c", number=1, original_url="", file_size=60)
    list(books.push(push(BIRDS, 30, 10)))
    with pytest.raises(QuotaExceeded) as caught:
        list(books.push(push(EXPORT, 1)))
    assert (caught.value.used, caught.value.asked) == (100, 1)


def test_what_others_do_leaves_a_push_its_room(
    user: User, books: Books, visiting: Books, store: MemoryStore, push: MakePush
) -> None:
    """Tiers, sweeps and whoever looks note what they see, with what is on its way."""
    list(push(BIRDS, 10, 20).run())
    pushing = books.push(push(BIRDS, 10, 20, 50, to=store))
    next(pushing)
    store.set_tier([f"{BIRDS}/0.jpg"], StorageTier.COLD)
    visiting.settle(BIRDS)
    assert rows() == [(BIRDS, "birds", 3, 70, 0, 10)]
    list(pushing)
    assert rows() == [(BIRDS, "birds", 3, 70, 0, 10)]
    store.delete([f"{BIRDS}/2.jpg"])
    books.settle(BIRDS)
    assert rows() == [(BIRDS, "birds", 2, 20, 0, 10)], "nobody has the dataset any more"


class Pushed(MemoryStore):
    """Somebody pushes as soon as it has been listed."""

    def __init__(self, push: Callable[[], object]) -> None:
        super().__init__()
        self.pushes = [push]

    def list(self, prefix: str = "") -> Iterator[Stat]:
        yield from list(super().list(prefix))
        if self.pushes:
            self.pushes.pop()()


@pytest.mark.parametrize("settle", [Books.settle_all, lambda books: books.settle(BIRDS)])
def test_newer_books_are_not_overwritten(
    database: Database, user: User, push: MakePush, settle: Callable[[Books], object]
) -> None:
    store = Pushed(lambda: list(other.push(push(BIRDS, 3, 4, 5, to=store))))
    books, other = (Books(database, store, "memory") for _ in range(2))
    for size in (3, 9):
        path = push("x", size).files[0].path
        MemoryStore.put(store, f"{BIRDS}/{size}.jpg", path)
    assert rows() == []
    settle(books)
    assert rows() == [(BIRDS, "birds", 3, 12, 0, 0)]
    store.pushes = [lambda: list(other.push(push(BIRDS, 3, to=store)))]
    settle(books)
    assert rows() == [(BIRDS, "birds", 1, 3, 0, 0)]
    store.delete([f"{BIRDS}/0.jpg"])
    store.pushes = [lambda: list(other.push(push(BIRDS, 3, to=store)))]
    settle(books)
    assert rows() == [(BIRDS, "birds", 1, 3, 0, 0)]


class Failing(MemoryStore):
    """Takes one object."""

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        if self.stat(f"{BIRDS}/0.jpg"):
            raise StoreUnavailable("the store does not answer; try again later")
        return super().put(key, body, sha256=sha256, tier=tier, metadata=metadata)


def test_a_push_that_fails_gives_back_its_room(user: User, database: Database, push: MakePush) -> None:
    store = Failing()
    with pytest.raises(StoreUnavailable):
        list(Books(database, store, "failing").push(push(BIRDS, 30, 50, to=store)))
    assert rows() == [(BIRDS, "birds", 1, 30, 0, 0)]


def test_two_at_once_do_not_overrun_a_quota(user: User, database: Database) -> None:
    """The second one asks when the first one was told that there is room, and has not taken it yet."""
    told = threading.Event()

    def take(unit: str, asked: Callable[[], object]) -> str:
        asked()
        try:
            with database.atomic():
                check_quota(user, 60)
                told.set()
                threading.Event().wait(0.2)
                StoredUnit.create(store="s", unit=unit, dataset="birds", objects=1, hot=60, warm=0, cold=0)
        except QuotaExceeded as error:
            return f"{error.used} of {error.quota}"
        finally:
            database.close()
        return "taken"

    with ThreadPoolExecutor() as threads:
        first = threads.submit(take, "a", bool)
        second = threads.submit(take, "b", told.wait)
        assert (first.result(), second.result()) == ("taken", "60 of 100")
    assert stored_bytes(user) == 60


def test_a_quota_can_be_of_something_else(user: User, database: Database) -> None:
    with database.atomic():
        check_quota(user, 100)
        with pytest.raises(QuotaExceeded) as caught:
            check_quota(user, 1, counted=lambda user: 100)
    assert caught.value.used == 100
    with pytest.raises(RuntimeError, match="needs a transaction"):
        check_quota(user, 1)
