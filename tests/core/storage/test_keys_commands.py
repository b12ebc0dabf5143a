"""`pixcrawler storage keys`: what is told, and what is refused."""

from __future__ import annotations

import base64
import json

from pixcrawler_core.storage.encryption.keyfile import KeyFile
from tests.core.storage.shell import UNIT, Shell


def test_an_owner_is_erased_once(shell: Shell) -> None:
    """And is told; one who is not there is an error that names those who are."""
    keys = shell.encrypt('owner = "alice"')
    shell("push", "birds")
    assert f"{shell.keys} has no data key of 'alise'; it has those of: alice" in shell(
        "keys", "erase", shell.keys, "alise", "--yes", code=2
    )
    assert "alice" in keys.ring().owners
    assert "the data key of alice is gone" in shell("keys", "erase", shell.keys, "alice", "--yes")
    assert "it has those of: none" in shell("keys", "erase", shell.keys, "alice", "--yes", code=2)
    assert shell.listed()[UNIT]["refused"] == {"without_key": 3}
    assert "3 without key" in shell("ls")


def test_an_old_key_is_removed_once_nothing_needs_it(shell: Shell) -> None:
    """The active one stays, and all that is stored can be read."""
    keys = shell.encrypt()
    shell("push", "birds")
    old = keys.ring().active
    assert f"the key '{old}' of {shell.keys} is in use; rotate" in shell(
        "keys", "remove", shell.keys, old, "--yes", code=2
    )
    shell("keys", "rotate", shell.keys)
    shell("keys", "rewrap")
    assert "there is no terminal to ask; add --yes" in shell("keys", "remove", shell.keys, old, code=2)
    assert f"has no key 'key-0'; it has {', '.join(sorted(keys.ring().keys))}" in shell(
        "keys", "remove", shell.keys, "key-0", "--yes", code=2
    )
    assert old in keys.ring().keys
    assert f"{old} is gone" in shell("keys", "remove", shell.keys, old, "--yes")
    assert list(keys.ring().keys) == [keys.ring().active]
    shell("pull", "birds", "--output", shell.folder / "back")


def test_a_key_that_wraps_an_owners_data_key_stays(shell: Shell) -> None:
    keys = shell.encrypt('owner = "alice"')
    old = keys.ring().active
    shell("push", "birds")
    text = json.loads(shell.keys.read_text())
    text |= {"keys": text["keys"] | {"key-new": base64.b64encode(bytes(32)).decode()}, "active": "key-new"}
    shell.keys.write_text(json.dumps(text))
    assert "is in use; rotate the keys first" in shell("keys", "remove", shell.keys, old, "--yes", code=2)
    assert old in KeyFile(shell.keys).ring().keys
