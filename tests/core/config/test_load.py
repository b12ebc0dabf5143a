from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.config.load import check_tables, load_job, parse_job
from pixcrawler_core.config.problems import OptionsError
from pixcrawler_core.config.sources import DEFAULT_ENGINES
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry

HERE = Path(__file__).parent
GOOD = '[job]\nname = "cats"\nkeywords = ["cat"]\n'


def problems(text: str, registry: Registry, folder: Path = HERE) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_job(text, registry, folder, source="j.toml")
    assert caught.value.exit_code == 2
    return str(caught.value).splitlines()


def test_a_file_becomes_a_job(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "cats.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    job = load_job(path, registry)
    assert (job.name, job.folder, len(job.categories)) == ("cats", tmp_path, 1)


def test_all_problems_of_a_file_are_reported_with_their_lines(registry: Registry) -> None:
    text = """[job]
name = "cats"
keywords = [
  "cat",
  3,
]
max_imges = 3

[fetch]
concurrency = 0
[sources]
engines = ["openvers"]
[sources.wikimedia]
page_sise = 3
[validators.size]
min_width = 0
[nonsense]
"""
    assert problems(text, registry) == [
        "j.toml:3: [job] item 2 of keywords is 3: it should be a string",
        "j.toml:7: unknown key 'max_imges' in [job]; did you mean 'max_images'?",
        "j.toml:10: [fetch] concurrency is 0: it should be greater than or equal to 1",
        "j.toml:12: no source is called 'openvers'; did you mean 'openverse'? "
        f"(there are: {', '.join(sorted({*DEFAULT_ENGINES, 'keyed', 'urls'}))})",
        "j.toml:14: unknown key 'page_sise' in source 'wikimedia'; did you mean 'page_size'?",
        "j.toml:16: validator 'size' min_width is 0: it should be greater than or equal to 1",
        "j.toml:17: unknown key 'nonsense' in the job file; "
        "valid keys are category, dedup, events, export, fetch, job, keywords, labels, sources, splits, "
        "storage, urls, validators",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "j.toml: it is empty; it needs at least [job]"),
        ("# only a comment\n", "j.toml: it is empty; it needs at least [job]"),
        ("[fetch]\nretries = 1", "j.toml: missing key 'name' in [job]"),
        ("[job]\nname = 'n'", "j.toml:1: nothing to look for: add keywords to [job]"),
        ("[job]\nkeywords = ['k']", "j.toml:1: missing key 'name' in [job]"),
        ("[urls]\nfile = '.txt'", "j.toml: missing key 'name' in [job]"),
        ("job = 3", "j.toml:1: the job file job is 3: it should be a table"),
        (
            GOOD + "[keywords]\nblocklist = ['CAT']",
            "j.toml:3: keyword 'cat' must not be asked for: it has 'CAT', which is on the blocklist",
        ),
        (
            GOOD + "[[category]]\nname='a'\nkeywords=['b']",
            "j.toml:4: give either keywords in [job] or [[category]] tables, not both",
        ),
        (
            "[job]\nname='n'\n[[category]]\nname='Red Panda'\nkeywords=['b']\n"
            "[[category]]\nname='red-panda'\nkeywords=['c']",
            "j.toml:7: categories 'Red Panda' and 'red-panda' would share the folder 'red-panda'",
        ),
        ("[job]\nname='n'\nkeywords=['!']", "j.toml:3: category '!': it needs a letter or a digit"),
        (
            "[job]\nname='n'\n[[category]]\nname='a'\nkeywords=['b']\n[[category]]\nname='c'",
            "j.toml:6: missing key 'keywords' in [[category]] number 2",
        ),
        (GOOD + "[sources]\nengins = ['openverse']", "j.toml:5: unknown key 'engins' in [sources]; did you"),
        (GOOD + "[sources]\nopenverse = 'key'", "j.toml:5: source 'openverse': its options go into a table"),
        (GOOD + "[sources]\nengines = ['keyed']", "j.toml:5: missing key 'api_key' in source 'keyed'"),
        (GOOD + "[sources]\nengines = ['urls']", "j.toml:5: source 'urls' reads a list and cannot search"),
        (GOOD + "[sources]\nengines = []", "j.toml:5: [sources] engines is []"),
        (
            GOOD + "[labels]\nlabelers = ['sise']",
            "j.toml:5: no labeler is called 'sise'; did you mean 'sizes'?",
        ),
        (GOOD + "[labels]\nlabeler = ['sizes']", "j.toml:5: unknown key 'labeler' in [labels]; did you mean"),
        (GOOD + "[labels.sizes]\nmin_widht = 1", "j.toml:5: unknown key 'min_widht' in labeler 'sizes'"),
        (GOOD + "[labels.category]\nx = 1", "j.toml:4: labeler 'category' has no options, but got x"),
        (GOOD + "[validators.plain]\nx = 1", "j.toml:4: validator 'plain' has no options, but got x"),
        (GOOD + "[validators.blur]\n", "j.toml:4: missing key 'name' in validator 'blur'"),
        (GOOD + "[validators.sise]\n", "j.toml:4: no validator is called 'sise'; did you mean 'size'?"),
        (
            GOOD + "[validators.size]\nenabled = 1",
            "j.toml:5: [validators.size] enabled is 1: it should be true",
        ),
        (GOOD + "validation = 'medium'", "j.toml: missing key 'name' in validator 'blur'"),
        (
            GOOD + "validation = 'quick'",
            "j.toml:4: [job] validation is 'quick': it should be 'fast', 'medium' or",
        ),
        (GOOD + "[dedup]\nmethods = ['sha']", "j.toml:5: no deduper is called 'sha'"),
        (GOOD + "[dedup.sha26]\nx = 1", "j.toml:4: unknown key 'sha26' in [dedup]; did you mean 'sha256'?"),
        (GOOD + "[export]\nformats = ['zpi']", "j.toml:5: no exporter is called 'zpi'; did you mean 'zip'?"),
        (
            GOOD + "[export.zip]\nrules = [{name = 'a'},\n{name = 1}]",
            "j.toml:5: exporter 'zip' item 2 of rules name is 1: it should be a string",
        ),
        ("[urls]\nfile = 'nowhere.csv'", "j.toml:2: [urls] file is 'nowhere.csv': there is no such file in"),
        (
            GOOD.replace("keywords", "# ") + '[urls]\nfile = "a\\u0000b"',
            "j.toml:5: [urls] file is 'a\\x00b': there is no such file in",
        ),
        ("[job]\nname = 'n'\n[urls]\n", "j.toml:3: missing key 'file' in source 'urls'"),
        ("[job]\nname = 'n'\nname = 'm'\n", "j.toml:3: not valid TOML: Cannot overwrite a value (column "),
        ("[job]\nname = 'n", 'j.toml:2: not valid TOML: Expected "\'"'),
        ("[job", "j.toml:1: not valid TOML: "),
        ("x = " + "[" * 5000, "j.toml: not usable: its values are nested too deeply"),
        (
            GOOD + "[fetch]\nproxies = ['ftp://me:hunter2@p']",
            "j.toml:5: [fetch] item 1 of proxies: it should",
        ),
    ],
)
def test_a_problem_is_told_with_its_line(text: str, problem: str, registry: Registry) -> None:
    found = problems(text, registry)
    assert found[0].startswith(problem), found
    assert "hunter2" not in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "[sources]\nengines = ['openverse']",
        "[job]\nname = 'n'\nkeywords = ['k']",
        "[job]\nname = 'n'\n[[category]]\nname = 'c'\nkeywords = ['k']",
    ],
)
def test_a_list_is_not_searched(text: str, registry: Registry) -> None:
    (problem,) = problems(f"{text}\n[urls]\nfile = 'conftest.py'", registry)
    assert "with [urls]" in problem


def test_a_list_needs_no_other_table(registry: Registry) -> None:
    job = parse_job("[urls]\nfile = 'conftest.py'", registry, HERE)
    assert (job.name, job.folder, job.engines) == ("conftest", HERE, ("urls",))
    parse_job(f"[urls]\nfile = '{HERE / 'conftest.py'}'", registry, Path("/"))


def test_a_check_that_is_switched_off_may_lack_options(registry: Registry) -> None:
    job = parse_job(GOOD + "validation = 'medium'\n[validators.blur]\nenabled = false", registry, HERE)
    assert job.validator_tables == {"blur": {"enabled": False}}
    assert "no validator" in problems(GOOD + "[validators.blurr]\nenabled = false", registry)[0]
    (problem,) = problems(GOOD + "[validators.blur]\nenabled = false\nnme = 'x'", registry)
    assert problem == "j.toml:6: unknown key 'nme' in validator 'blur'; did you mean 'name'?"


@pytest.mark.parametrize("name", ["server", "pixcrawler"])
def test_tables_of_later_versions_are_unknown(name: str, registry: Registry) -> None:
    (problem,) = problems(f"{GOOD}[{name}]\n", registry)
    assert problem.startswith(f"j.toml:4: unknown key '{name}' in the job file")


def test_tables_from_elsewhere_have_paths_instead_of_lines(registry: Registry) -> None:
    tables = {"job": {"name": "n", "keywords": ["k"]}, "sources": {"openverse": {"page_size": 0}}}
    with pytest.raises(OptionsError) as caught:
        check_tables(tables, registry, HERE)
    assert [problem.path for problem in caught.value.problems] == [("sources", "openverse", "page_size")]


def test_files_that_cannot_be_read_are_named(tmp_path: Path, registry: Registry) -> None:
    def error(path: Path) -> str:
        with pytest.raises(ConfigError) as caught:
            load_job(path, registry)
        return str(caught.value)

    assert (
        error(tmp_path / "no.toml")
        == f"{tmp_path}/no.toml: there is no such file; give the path of a job file"
    )
    assert error(tmp_path) == f"{tmp_path}: this is a folder; give the path of the job file in it"
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[job]\nname = "caf\xe9"\n')
    assert error(latin) == f"{latin}:2: byte 0xe9 is not UTF-8; save the file as UTF-8"
    assert error(latin / "x") == f"{latin}/x: cannot be read: Not a directory"


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                *(
                    "[job]",
                    "[[category]]",
                    "[sources]",
                    "[sources.openverse]",
                    "[urls]",
                    "[fetch]",
                    "[export.zip]",
                ),
                *(
                    "name = 'a'",
                    "name = 3",
                    "keywords = ['k']",
                    "keywords = 'k'",
                    "engines = ['x']",
                    "page_size = 1",
                ),
                *("file = 'f'", "file = 1", "x = {}", "retries = [", "]", "job = []", "validators = 1"),
            ]
        ),
        max_size=8,
    ).map("\n".join)
)
def test_any_text_gives_a_job_or_problems_with_lines(registry: Registry, text: str) -> None:
    told: list[str] = []
    try:
        parse_job(text, registry, HERE, source="j.toml")
    except ConfigError as error:
        told = str(error).splitlines() or [""]
    assert all(line.startswith("j.toml:") for line in told)
