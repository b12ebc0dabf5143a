"""Policies: by name, from a file, several together; what is not known never fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.policies import Policy, load_policy

BY_NC = "https://creativecommons.org/licenses/by-nc/4.0/"
BY = "https://creativecommons.org/licenses/by/4.0/"
FILE = """
allow = ["cc-by-*", "CC0-1.0", "GFDL-*"]
deny = ["cc-by-3.0*"]
needs = ["commercial"]
share_alike = false
"""


def said(policy: Policy, licence: str | None, address: str | None = None) -> str | None:
    """Why an image with this licence does not fit."""
    return policy.why_not({"licence": licence, "licence_url": address})


@pytest.mark.parametrize(
    ("policy", "licence", "address", "reason"),
    [
        ("commercial", "cc-by-4.0", BY, None),
        ("commercial", "cc-by-nc-4.0", None, "cc-by-nc-4.0 does not allow commercial use"),
        ("commercial", None, BY_NC, "cc-by-nc-4.0 does not allow commercial use"),
        ("commercial", "cc-by-4.0", BY_NC, "cc-by-nc-4.0 does not allow commercial use"),
        ("commercial", "cc-by-nc-4.0", BY, "cc-by-nc-4.0 does not allow commercial use"),
        ("commercial", "cc-by-nd-4.0", None, None),
        ("commercial,modification", "cc-by-nd-4.0", None, "cc-by-nd-4.0 does not allow changes"),
        (" modification + commercial ", "cc-by-nc-2.0", None, "cc-by-nc-2.0 does not allow commercial use"),
        ("modification", "cc-by-nc-2.0", None, None),
        ("attribution-free", "cc0-1.0", None, None),
        ("attribution-free", "unsplash", None, None),
        ("attribution-free", "cc-by-4.0", None, "cc-by-4.0 asks for attribution"),
        ("attribution-free", "rs-inc-edu", None, "rs-inc-edu asks for attribution"),
        ("any", "rs-inc-edu", None, None),
        ("any", "cc-by-nc-nd", None, None),
        ("any", "all-rights-reserved", None, "all-rights-reserved allows no use"),
        ("any", "rs-und", None, "rs-und allows no use"),
        ("any", None, None, "no licence is told"),
        ("any", "", "https://photos.example/terms", "no licence is told"),
        ("any", "my terms", None, "the licence 'my-terms' is not known"),
        ("any", "cc0", "https://photos.example/terms",
         "the address 'https://photos.example/terms' is not known as one of a licence"),
        ("commercial", "cc-by-4.0", f"https://evil.example/?u={BY}",
         "the licence 'unread-licence' is not known"),
        ("any", "my terms", BY, "the licence 'my-terms' is not known"),
        ("any", "\u8457\u4f5c\u6a29", None, "the licence '\u8457\u4f5c\u6a29' is not known"),
    ],
)  # fmt: skip
def test_named_policies(policy: str, licence: str | None, address: str | None, reason: str | None) -> None:
    assert said(load_policy(policy, Path()), licence, address) == reason


@pytest.mark.parametrize(
    ("licence", "address", "reason"),
    [
        ("CC BY 4.0", None, None),
        ("cc0", None, None),
        ("gfdl-1.2", None, "gfdl-1.2 is share-alike"),
        ("cc-by-3.0-us", None, "cc-by-3.0-us is denied by 'cc-by-3.0*'"),
        ("cc-by-nc-4.0", None, "cc-by-nc-4.0 does not allow commercial use"),
        ("cc-by-sa-4.0", None, "cc-by-sa-4.0 is share-alike"),
        ("pdm", None, "pdm is not among the allowed licences"),
        ("cc0", "https://unsplash.com/license", "unsplash is not among the allowed licences"),
        ("cc-by-odd", None, "the licence 'cc-by-odd' is not known"),
    ],
)
def test_a_file_of_rules(licence: str, address: str | None, reason: str | None, tmp_path: Path) -> None:
    (tmp_path / "our, rules.toml").write_text(FILE, "utf-8")
    (tmp_path / "rules.toml").write_text(FILE, "utf-8")
    for name in ("rules.toml", "any+rules.toml", "our, rules.toml", str(tmp_path / "rules.toml")):
        assert said(load_policy(name, tmp_path), licence, address) == reason


def test_even_an_open_file_lets_nothing_through_that_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "all.toml").write_text('allow = ["*"]', "utf-8")
    policy = load_policy("all.toml", tmp_path)
    assert said(policy, "cc-by-nc-nd-2.0") is None
    assert said(policy, "my terms")
    assert said(policy, "all rights reserved")


@pytest.mark.parametrize(
    ("pattern", "denied", "left"),
    [
        ("cc-by-sa", ["cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-sa-3.0-de"], ["cc-by-4.0", "cc-by-nc-sa-4.0"]),
        ("CC BY-SA 4.0", ["cc-by-sa-4.0"], ["cc-by-sa-3.0"]),
        ("https://creativecommons.org/licenses/by-sa/4.0/", ["cc-by-sa-4.0"], ["cc-by-sa-3.0"]),
        ("cc0", ["cc0", "cc0-1.0"], ["pdm"]),
        ("pdm", ["pdm", "https://creativecommons.org/publicdomain/mark/1.0/"], ["cc0"]),
        ("public domain", ["pdm"], ["cc0"]),
        ("CC-PDM-1.0", ["https://creativecommons.org/publicdomain/mark/1.0/"], ["cc0"]),
        ("cc-by-nc*", ["cc-by-nc-4.0", "cc-by-nc-nd-2.0"], ["cc-by-4.0"]),
    ],
)
def test_a_name_stands_for_all_its_versions(
    tmp_path: Path, pattern: str, denied: list[str], left: list[str]
) -> None:
    (tmp_path / "deny.toml").write_text(f'deny = ["{pattern}"]', "utf-8")
    (tmp_path / "allow.toml").write_text(f'allow = ["{pattern}"]', "utf-8")
    deny, allow = (load_policy(f"{name}.toml", tmp_path) for name in ("deny", "allow"))
    assert [said(deny, each) is None for each in (*denied, *left)] == [False] * len(denied) + [True] * len(
        left
    )
    assert [said(allow, each) is None for each in (*denied, *left)] == [True] * len(denied) + [False] * len(
        left
    )


@pytest.mark.parametrize("pattern", ["cc-by-sa-40", "nonsense-9", "", "cc-bye-*", "my-terms"])
@pytest.mark.parametrize("key", ["allow", "deny"])
def test_what_no_licence_is_called_is_an_error(tmp_path: Path, key: str, pattern: str) -> None:
    """What it was to deny would go out, without a word."""
    (tmp_path / "rules.toml").write_text(f'{key} = ["{pattern}"]', "utf-8")
    with pytest.raises(ConfigError, match="is no licence that is known; give a code such as cc-by-sa"):
        load_policy("rules.toml", tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("comercial", "licence policy 'comercial' is not known; did you mean 'commercial'?"),
        ("commercial,zz", "licence policy 'zz' is not known; give one of any, commercial, modification, "
         "attribution-free, or the path of a TOML file"),
        (" , ", "licence policy ' , ' is empty; give one of any, commercial"),
        ("none.toml", "none.toml cannot be read: No such file or directory; check the path"),
        ("folder.toml", "folder.toml cannot be read: Is a directory"),
        ("broken.toml", "broken.toml is not valid TOML: "),
        ("bytes.toml", "bytes.toml is not valid TOML: "),
        ("key.toml", "unknown key 'alow' in licence policy key.toml; did you mean 'allow'?"),
        ("need.toml", "licence policy need.toml item 1 of needs is 'commerce': it should be 'any', "),
        ("type.toml", "licence policy type.toml share_alike is 'no': it should be true or false"),
        ("\0", "licence policy '\\x00' is not known"),
        ("../" * 3000, "is not known; give one of"),
    ],
)  # fmt: skip
def test_errors(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    (tmp_path / "broken.toml").write_text("allow = [", "utf-8")
    (tmp_path / "key.toml").write_text("alow = []", "utf-8")
    (tmp_path / "need.toml").write_text('needs = ["commerce"]', "utf-8")
    (tmp_path / "type.toml").write_text('share_alike = "no"', "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_policy(name, tmp_path)
    assert message in str(caught.value)
