"""`pixcrawler storage tier` and `sweep`: what they say is what the store has then."""

from __future__ import annotations

import json

from tests.core.storage.shell import UNIT, Shell


def test_warm_out_of_the_archive_is_warm(shell: Shell) -> None:
    shell("push", "birds")
    assert shell("tier", "birds", "cold") == f"{UNIT}: 3 objects in cold\n"
    assert shell("tier", "birds", "warm") == f"{UNIT}: 3 objects in warm\n"
    sizes = shell.listed()[UNIT]["bytes"]
    assert (sizes["hot"], sizes["cold"], sizes["warm"] > 0) == (0, 0, True)


def test_what_is_on_its_way_is_told(shell: Shell) -> None:
    """It cannot be called back."""
    settings = shell.workspace / "storage.toml"
    settings.write_text(f"{settings.read_text()}rehydration_seconds = 3600\n")
    shell("push", "birds")
    shell("tier", "birds", "cold")
    told = shell("tier", "birds", "warm", code=3)
    assert f"{UNIT}: on the way out of the archive" in told
    assert told.endswith("; give this command again when it is there\n")
    again = shell("tier", "birds", "cold", code=3)
    assert again == (
        f"{UNIT}: 3 objects on the way out of the archive, which cannot be stopped; give this command again "
        "when it is there\n"
    )
    assert shell.listed()[UNIT]["archived"] == 3


def test_a_store_without_tiers_is_not_swept(shell: Shell) -> None:
    """Neither in earnest nor to see what would be done, also when nothing is due; without days, it is."""
    more = f"[storage.fsspec]\nurl = {json.dumps(f'file://{shell.folder}/far')}\n"
    settings = shell.workspace / "storage.toml"
    settings.write_text(f'[storage]\nstores = ["fsspec"]\n{more}')
    shell("push", "birds")
    for options in ((), ("--dry-run",)):
        told = shell("sweep", *options, code=1)
        assert "has no tier warm" in told
        assert told.endswith("set warm_after and cold_after to 0, or do not sweep it")
    settings.write_text(f'[storage]\nstores = ["fsspec"]\nwarm_after = 0\ncold_after = 0\n{more}')
    assert shell("sweep") == "nothing is due\n"
