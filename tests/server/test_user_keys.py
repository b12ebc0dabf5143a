"""What is stored encrypted for users is encrypted by their own keys, which go with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from pixcrawler_core.catalog.models import ActivityLog, Dataset, Project, User, UserStatus
from pixcrawler_core.config.load import load_storage
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.keys import KeyMissing
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.opening import opened
from pixcrawler_core.storage.protocols import StorageTier
from tests.server.conftest import Api, Caller
from tests.server.filled import Filled
from tests.server.test_storage import done

SETTINGS = '[storage]\nstores = ["filesystem"]\nkeys = "keys.json"\n[storage.filesystem]\npath = {path!r}\n'


class Place(NamedTuple):
    """A store, and its keys."""

    store: EncryptedStore
    keys: KeyFile
    folder: Path

    def keys_of(self, caller: Caller) -> set[str]:
        """The objects that the user's data key opens."""
        key_id = self.keys.ring().data_key(str(caller.id))
        return set(self.store.held_by(key_id)) if key_id else set()

    def all(self) -> set[str]:
        """All objects."""
        return {stat.key for stat in self.store.list()}

    def read(self, key: str) -> bytes:
        """The bytes of an object."""
        with self.store.get(key) as data:
            return b"".join(data)


@contextmanager
def opened_at(api: Api, folder: Path) -> Iterator[EncryptedStore]:
    """The store in a folder, which the settings name from now on."""
    root, registry = api.services.workspace.root, api.services.registry
    (root / "storage.toml").write_text(SETTINGS.format(path=str(folder)))
    with opened(registry, load_storage(root / "storage.toml", registry), root) as store:
        assert isinstance(store, EncryptedStore)
        yield store


@pytest.fixture
def place(api: Api, tmp_path: Path) -> Iterator[Place]:
    root, folder = api.services.workspace.root, tmp_path / "store"
    keys = KeyFile.create(root / "keys.json")
    with opened_at(api, folder) as store:
        yield Place(store, keys, folder)


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


def filled(api: Api, project: int, name: str) -> Filled:
    found = Filled(api, project, id=name)
    found.keep(1)
    found.assemble()
    return found


def erase(api: Api, user: Caller) -> None:
    due = {"status": UserStatus.ERASING, "erase_after": api.clock()}
    User.update(due).where(User.id == user.id).execute()
    api.clock.forward(hours=1)
    api.services.housekeeper.tend()


def is_there(user: Caller) -> bool:
    return bool(User.select().where(User.id == user.id).exists())


def test_each_user_has_a_key_of_their_own(api: Api, ada: Caller, place: Place) -> None:
    eve = api.user("eve@example.org")
    for user, name in ((ada, "hers"), (eve, "his")):
        assert done(user, filled(api, api.project(user), name), "push")["status"] == "done"
    assert place.keys_of(ada) == {key for key in place.all() if "hers" in key} != set()
    assert place.keys_of(ada) | place.keys_of(eve) == place.all()


def test_what_was_pushed_before_is_encrypted_by_it_at_the_next_push(
    api: Api, ada: Caller, place: Place
) -> None:
    dataset = filled(api, api.project(ada), "cats")
    for path in sorted(api.services.workspace.dataset("cats").rglob("*.jpg")):
        name = path.relative_to(api.services.workspace.datasets)
        place.store.put(f"datasets/{name}", path)
    before = place.all()
    assert before
    assert place.keys_of(ada) == set()
    assert done(ada, dataset, "push")["status"] == "done"
    assert before < place.keys_of(ada) == place.all()


def test_with_the_user_goes_the_key_and_with_that_what_copies_have(
    api: Api, ada: Caller, place: Place, tmp_path: Path
) -> None:
    done(ada, filled(api, api.project(ada), "cats"), "push")
    (key, *_) = place.all()
    assert place.read(key)
    shutil.copytree(place.folder, tmp_path / "copy")
    erase(api, ada)
    assert (is_there(ada), place.all(), dict(place.keys.ring().owners)) == (False, set(), {})
    with opened_at(api, tmp_path / "copy") as copy, pytest.raises(KeyMissing):
        Place(copy, place.keys, place.folder).read(key)
    told = [each.action for each in ActivityLog.select().where(ActivityLog.entity_id == str(ada.id))]
    assert told[-2:] == ["data key erased", "user erased"]


def test_what_is_handed_over_is_encrypted_for_who_gets_it(api: Api, ada: Caller, place: Place) -> None:
    bob = api.user("bob@example.org")
    done(ada, filled(api, api.project(ada, editor=bob), "cats"), "push")
    done(ada, filled(api, api.project(ada, "Dogs"), "dogs"), "push")
    before = {key: place.read(key) for key in place.all() if "cats" in key}
    erase(api, ada)
    assert not is_there(ada)
    assert {key: place.read(key) for key in place.all()} == before
    assert place.keys_of(bob) == before.keys()


def test_what_cannot_be_handed_over_keeps_the_user(api: Api, ada: Caller, place: Place) -> None:
    bob = api.user("bob@example.org")
    project = api.project(ada, editor=bob)
    done(ada, filled(api, project, "cats"), "push")
    with api.services.workspace.lock("cats"):
        erase(api, ada)
    assert (is_there(ada), Project.get_by_id(project).owner_id) == (True, ada.id)
    place.store.set_tier(sorted(place.all()), StorageTier.COLD)
    erase(api, ada)
    assert (is_there(ada), Project.get_by_id(project).owner_id) == (True, bob.id)
    place.store.rehydrate(sorted(place.all()))
    erase(api, ada)
    assert (is_there(ada), place.keys_of(bob)) == (False, place.all())
    assert Dataset.get_by_id("cats").project_id == project
