"""What a dataset card says to people, in Markdown; what comes from the web or the job is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.columns import clean

if TYPE_CHECKING:
    from pixcrawler_core.exports.card import Facts

ATTRIBUTION = "metadata/ATTRIBUTION.md"
LISTED = 200
"""Most rows of a table, and most queries; how many more there are is told."""
LONGEST = 200
"""Characters of a name that are shown."""
LIMITS = (
    "Images were found by asking sources for words. A category says what was asked for; unless labels were "
    "checked by a person, some images show something else.",
    "What sources rank first is what is photographed, tagged and linked most: places, people and things are "
    "not represented as they occur in the world, and queries favour the language they were written in.",
    "Titles, creators and licences are what the sources told. They may be wrong or out of date; check the "
    "source before you pass images on. `unknown` means that nothing was told, not that an image is free.",
    "Images may show people, who were not asked.",
)
"""What holds for every dataset that was crawled."""
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what stands beside them (UAX #9)."""
_SIGNS = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>()#|~&!@:"})
"""Signs of Markdown, and those with which GitHub's makes links of addresses."""
_WWW = re.compile(r"(?i)\bwww\.")


def one_line(text: str) -> str:
    """Text from anywhere on one line, without control characters, and no longer than can be read."""
    told = _CONTROL.sub("\ufffd", " ".join((clean(text[: 4 * LONGEST]) or "").split()))
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}…"


def safe(text: str) -> str:
    """Text from anywhere as Markdown that shows it as it is."""
    return _WWW.sub(lambda found: f"{found[0][:-1]}\\.", one_line(text).translate(_SIGNS))


def web(address: str | None) -> str:
    """An address that may stand as a link; empty for any other."""
    if not address or not address.startswith(("http://", "https://")) or not address.isprintable():
        return ""
    return "" if any(char in address for char in " <>\"'()[]|\\`") else address


def body(facts: Facts, loading: str) -> str:
    """All sections of a card."""
    return "\n".join(
        [
            f"# {safe(facts.name)}\n",
            *_what(facts),
            *_contents(facts),
            *_made(facts),
            *_licences(facts),
            "## How to load it\n",
            f"```python\n{loading.rstrip()}\n```\n",
            "## Known limits and biases\n",
            *(f"- {each}" for each in LIMITS),
            "",
            *_contact(facts),
        ]
    )


def _what(facts: Facts) -> Iterator[str]:
    """What the dataset is."""
    categories, images = len(facts.categories), facts.images.total()
    version, day = facts.head.get("pixcrawler"), str(facts.head.get("created_at") or "")[:10]
    made = f" {safe(str(version))}" if version else ""
    yield (
        f"{_number(images, 'image')} in {_number(categories, 'category', 'categories')}, found on the web "
        f"and assembled by PixCrawler{made}{f' on {safe(day)}' if day else ''}.\n"
    )


def _contents(facts: Facts) -> Iterator[str]:
    """How many images there are of what."""
    splits = facts.splits
    yield "## Contents\n"
    rows = (
        [safe(category), *(f"{facts.images[split, category]:,}" for split in splits)]
        for category in facts.categories
    )
    yield from _table(["category", *splits], rows, len(facts.categories))


def _made(facts: Facts) -> Iterator[str]:
    """Sources, queries, filters and checks, how duplicates were recognised, and how splits were cut."""
    yield "## How it was made\n"
    engines = ", ".join(f"{safe(name)} ({count:,})" for name, count in facts.engines.most_common(LISTED))
    yield f"- Sources: {engines or 'none'}."
    asked = list(dict.fromkeys(each["text"] for each in _of(facts.head, "keywords").get("queries") or ()))
    if asked:
        more = f" and {len(asked) - LISTED:,} more" if len(asked) > LISTED else ""
        yield f"- Queries: {', '.join(map(safe, asked[:LISTED]))}{more}."
    job = _of(facts.head, "job")
    if filters := _of(_of(job, "sources"), "filters"):
        yield f"- Filters: {', '.join(f'{safe(key)} = {safe(str(filters[key]))}' for key in filters)}."
    yield f"- Checks: level {safe(str(_of(job, 'job').get('validation', 'fast')))}{_checks(job)}."
    methods = [each["name"] for each in _of(facts.head, "dedup").get("methods") or ()]
    yield f"- Duplicates: {f'recognised by {_list(methods)}' if methods else 'not looked for'}."
    yield f"- Splits: {_splits(_of(facts.head, 'splits'))}."
    yield ""


def _licences(facts: Facts) -> Iterator[str]:
    """The licences, and where each image's is told."""
    yield "## Licences\n"
    rows = (
        [f"[{safe(code)}](<{facts.links[code]}>)" if facts.links[code] else safe(code), f"{count:,}"]
        for code, count in facts.licences.most_common()
    )
    yield from _table(["licence", "images"], rows, len(facts.licences))
    where = f", and [{ATTRIBUTION}]({ATTRIBUTION})" if ATTRIBUTION in facts.files else ""
    yield f"Each image has a licence and a creator of its own, which its row tells{where}.\n"


def _contact(facts: Facts) -> Iterator[str]:
    """Whom to ask to take an image out, if the job told."""
    contact = _of(_of(facts.head, "job"), "fetch").get("contact")
    if contact:
        address = web(contact)
        yield "## Takedown\n"
        yield f"To have an image removed, turn to {f'<{address}>' if address else safe(str(contact))}.\n"


def _checks(job: Mapping[str, Any]) -> str:
    names = list(_of(job, "validators"))
    return f", with settings of their own for {_list(names)}" if names else ""


def _splits(rules: Mapping[str, Any]) -> str:
    shares = ", ".join(f"{safe(name)} {share:.1%}" for name, share in _of(rules, "shares").items())
    together = _list(rules.get("together") or ())
    return f"{shares or 'none'}{f'; never parted: {together}' if together else ''}"


def _table(head: list[str], rows: Iterable[list[str]], count: int) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---{'|---:' * (len(head) - 1)}|"
    yield from (f"| {' | '.join(row)} |" for row in islice(rows, LISTED))
    if count > LISTED:
        yield f"\nAnd {count - LISTED:,} more."
    yield ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(safe, names))


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def _of(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of what the manifest tells; empty where it has none."""
    value = told.get(name)
    return value if isinstance(value, Mapping) else {}
