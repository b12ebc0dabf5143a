"""What a workspace's settings say of its blobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.config.load import parse_job
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.opening import blob_cipher


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load(installed=False)


def test_without_settings_or_keys_there_is_nothing_to_encrypt_with(
    registry: Registry, tmp_path: Path
) -> None:
    assert blob_cipher(registry, tmp_path) is None
    (tmp_path / "storage.toml").write_text("[storage]\nwarm_after = 7\n")
    assert blob_cipher(registry, tmp_path) is None


def test_keys_are_looked_for_beside_the_settings(registry: Registry, tmp_path: Path) -> None:
    keys = KeyFile.create(tmp_path / "keys.json")
    for more, encrypts in (("", False), ("encrypt_blobs = true\n", True)):
        (tmp_path / "storage.toml").write_text(f'[storage]\nkeys = "keys.json"\nowner = "alice"\n{more}')
        cipher = blob_cipher(registry, tmp_path)
        assert cipher is not None
        assert (cipher.owner, cipher.encrypts) == ("alice", encrypts)
    assert "alice" not in keys.ring().owners


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("encrypt_blobs = true", r"storage.toml:2: \[storage\] encrypt_blobs needs keys"),
        ("encrypt_blobs = 1", "it should be true or false"),
        ('keys = "none.json"', "the file of keys .*none.json cannot be read"),
        ('keys = "env:NO_SUCH_KEY"', "the environment has no variable NO_SUCH_KEY; set it to the key"),
        ('keys = "env:KEY"\nowner = "alice"', r"storage.toml:3: \[storage\] owner needs a file of keys"),
        ('owner = "alice"', r"storage.toml:2: \[storage\] owner needs keys"),
        ("encrypt_blob = true", "encrypt_blobs"),
    ],
)
def test_settings_that_do_not_fit(registry: Registry, tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "storage.toml").write_text(f"[storage]\n{table}\n")
    with pytest.raises(ConfigError, match=message):
        blob_cipher(registry, tmp_path)


def test_a_job_file_does_not_decide_for_a_workspace(registry: Registry, tmp_path: Path) -> None:
    job = '[job]\nname = "a"\nkeywords = ["a"]\n[storage]\nkeys = "keys.json"\nencrypt_blobs = true\n'
    with pytest.raises(ConfigError, match=r"job file:6: \[storage\] encrypt_blobs holds for a workspace"):
        parse_job(job, registry, tmp_path)
