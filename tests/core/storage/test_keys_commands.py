"""`pixcrawler storage keys`: what is told, and what is refused."""

from __future__ import annotations

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
