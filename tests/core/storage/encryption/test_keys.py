"""Key rings: in a file that only its user reads, and a single key from the environment."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.encryption.format import Lock
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.keys import single_key
from pixcrawler_core.storage.errors import ObjectDamaged

KEY = base64.b64encode(bytes(range(32))).decode()


def test_a_file_of_keys_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys = KeyFile.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    keys.rotate()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        KeyFile(path)
    with pytest.raises(ConfigError, match="already"):
        KeyFile.create(path)


def test_its_form_is_plain_json(tmp_path: Path) -> None:
    """So that another program can read it."""
    keys = KeyFile.create(tmp_path / "keys.json")
    first = keys.ring().active
    second = keys.rotate()
    owner_key = keys.current("alice")
    told = json.loads((tmp_path / "keys.json").read_text())
    assert set(told) == {"version", "active", "keys", "owners"}
    assert (told["version"], told["active"], list(told["keys"])) == (1, second, [first, second])
    assert all(len(base64.b64decode(key)) == 32 for key in told["keys"].values())
    assert told["owners"]["alice"]["id"] == owner_key
    assert told["owners"]["alice"]["key"] == second
    assert sorted(path.name for path in tmp_path.iterdir()) == [".keys.json.lock", "keys.json"]


def test_a_content_key_comes_back(tmp_path: Path) -> None:
    """For the same object, by whoever reads the file."""
    keys = KeyFile.create(tmp_path / "keys.json")
    for owner in (None, "alice"):
        lock = keys.wrap(b"k" * 32, b"core", "a.jpg", keys.current(owner))
        assert b"k" * 32 not in lock.packed()
        assert KeyFile(tmp_path / "keys.json").unwrap(lock, b"core", "a.jpg") == b"k" * 32
        for core, name in ((b"Core", "a.jpg"), (b"core", "b.jpg")):
            with pytest.raises(ObjectDamaged, match=name):
                keys.unwrap(lock, core, name)


def test_a_key_in_use_stays(tmp_path: Path) -> None:
    keys = KeyFile.create(tmp_path / "keys.json")
    first = keys.ring().active
    keys.current("alice")
    with pytest.raises(ConfigError, match=f"'{first}'.*in use"):
        keys.remove(first)
    keys.rotate()
    keys.remove(first)
    with pytest.raises(ConfigError, match=f"no key '{first}'"):
        keys.remove(first)
    lock = keys.wrap(b"k" * 32, b"core", "a.jpg", keys.current("alice"))
    assert keys.unwrap(lock, b"core", "a.jpg") == b"k" * 32


def test_an_owner_gets_one_data_key(tmp_path: Path) -> None:
    """However many ask for it at once; after it was erased, another one."""
    path, found = tmp_path / "keys.json", set()
    KeyFile.create(path)
    threads = [threading.Thread(target=lambda: found.add(KeyFile(path).current("alice"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    keys = KeyFile(path)
    keys.erase("alice")
    keys.erase("nobody")
    assert {keys.current("alice")}.isdisjoint(found)


def test_data_keys_of_owners_cannot_be_swapped(tmp_path: Path) -> None:
    """By who can write the file, but has none of its keys."""
    path = tmp_path / "keys.json"
    keys = KeyFile.create(path)
    ids = {owner: keys.current(owner) for owner in ("alice", "bob")}
    told = json.loads(path.read_text())
    told["owners"]["alice"]["wrapped"] = told["owners"]["bob"]["wrapped"]
    path.write_text(json.dumps(told))
    with pytest.raises(ObjectDamaged, match="alice"):
        keys.wrap(b"k" * 32, b"core", "a.jpg", ids["alice"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": 2}, "version"),
        ({"active": "other"}, "active key 'other'"),
        ({"keys": {"key-1": "s3cret"}}, "'key-1'.*base64"),
        ({"keys": {"key-1": KEY[:-8]}}, "'key-1'.*32 random bytes"),
        ({"keys": {"key-1": KEY, "key 1": KEY}}, "'key 1'.*letters"),
        ({"keys": {"key-1": 5}}, "keys.key-1"),
        ({"owners": {"a": {"id": "o", "key": "key-1", "wrapped": "s3cret"}}}, "data key 'o'"),
        ({"s3cret": 1}, "not permitted"),
    ],
)
def test_a_file_that_is_not_as_it_should_be(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    """Is told without a key."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"version": 1, "active": "key-1", "keys": {"key-1": KEY}, **change}))
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=told) as caught:
        KeyFile(path)
    assert str(path) in str(caught.value)
    assert KEY[:-8] not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("text", ["", "{", "null", "[" * 100_000, "\xff"])
def test_a_file_of_something_else(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=r"keys\.json"):
        KeyFile(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json"):
        KeyFile(tmp_path / "nowhere.json")
    keys = KeyFile.create(tmp_path / "keys.json")
    (tmp_path / "keys.json").unlink()
    with pytest.raises(ConfigError, match="from a copy"):
        keys.ring()


def test_a_single_key_has_an_id_of_its_own() -> None:
    """The same for the same key, and nothing of it can be read in messages."""
    one, again = single_key(SecretStr(KEY)), single_key(SecretStr(f" {KEY}\n"))
    other = single_key(SecretStr(base64.b64encode(bytes(32)).decode()))
    assert one.active == again.active != other.active
    assert KEY not in repr(one)
    assert repr(bytes(range(32))) not in repr(one)
    lock = one.wrap(b"k" * 32, b"core", "a", one.current(None))
    assert again.unwrap(lock, b"core", "a") == b"k" * 32
    with pytest.raises(ConfigError, match=r"'alice'.*a file of keys"):
        one.current("alice")
    for wrong in ("s3cret", "", KEY[:20]):
        with pytest.raises(ConfigError, match="32 random bytes") as caught:
            single_key(SecretStr(wrong))
        assert not wrong or wrong not in str(caught.value)


def test_a_lock_that_was_cut_is_damage() -> None:
    ring = single_key(SecretStr(KEY))
    lock = ring.wrap(b"k" * 32, b"core", "a", ring.active)
    with pytest.raises(ObjectDamaged):
        ring.unwrap(Lock(lock.key_id, lock.nonce, lock.wrapped[:-1]), b"core", "a")
