"""Deals the photographs out to the simulated sources and finds them again by words."""

from __future__ import annotations

import hashlib
import itertools
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pixcrawler_core.testing.web.faults import FAULTS
from pixcrawler_core.testing.web.photographs import Photograph, answers

ENGINES = ("openverse", "wikimedia")
MOST_FAULTS = 0.9
"""The largest share of faults: nine for each good result."""
_HOSTS = {
    "openverse": ("photos-1", "photos-2", "photos-3", "photos-4"),
    "wikimedia": ("upload-1", "upload-2"),
}
_REFUSING_HOSTS = (
    ("robots-disallow-all", "/photographs/"),
    ("robots-disallow-path", "/private/"),
    ("robots-our-agent", "/photographs/"),
    ("tdm-reserved", "/photographs/"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A result of a simulated source: a photograph under one of its addresses, or a fault."""

    engine: str
    photograph: Photograph
    host: str
    """First label of the host name; `.localhost` follows."""
    path: str
    """Path of the image's URL, quoted."""
    fault: str | None = None

    @property
    def digest(self) -> bytes:
        """Stable bytes from which ids and the order of results are made."""
        return hashlib.sha256(f"{self.engine} {self.host} {self.path}".encode()).digest()

    @property
    def number(self) -> int:
        """A stable positive number below 2**31."""
        return int.from_bytes(self.digest[8:12], "big") >> 1


class Collection:
    """What each simulated source holds. The same folder, share and seed give the same results.

    `faults` is the share (0 to 0.9) of faulty results; they come on top of the good ones.
    """

    def __init__(self, photographs: Sequence[Photograph], faults: float = 0.0, seed: int = 1) -> None:
        if not 0 <= faults <= MOST_FAULTS:
            raise ValueError(f"the share of faults must be from 0 to {MOST_FAULTS}, not {faults}")
        self.photographs = {photograph.key: photograph for photograph in photographs}
        self.entries: dict[str, list[Entry]] = {engine: [] for engine in ENGINES}
        kinds = _mixed_kinds(random.Random(seed))
        supply = itertools.cycle(kinds)
        for _, group in itertools.groupby(photographs, lambda photograph: photograph.category):
            dealt = _deal(sorted(group, key=lambda photograph: photograph.sha256))
            for engine, share in dealt.items():
                count = round(len(share) * faults / (1 - faults))
                self.entries[engine] += [_entry(engine, photograph) for photograph in share]
                self.entries[engine] += _faulty(engine, share, supply, count, len(kinds))
        for entries in self.entries.values():
            entries.sort(key=lambda entry: entry.digest)
        self.images = {entry.path: entry.photograph for entry in self._good()}

    def search(self, engine: str, query: str) -> list[Entry]:
        """The source's results for a query, best first: every word must match; no words match all."""
        return [entry for entry in self.entries[engine] if answers(query, entry.photograph.words)]

    def _good(self) -> Iterable[Entry]:
        return (entry for entries in self.entries.values() for entry in entries if not entry.fault)


def _deal(photographs: Sequence[Photograph]) -> dict[str, list[Photograph]]:
    """One in eight goes to both sources, the others to one of them in turn."""
    dealt: dict[str, list[Photograph]] = {engine: [] for engine in ENGINES}
    for place, photograph in enumerate(photographs):
        for engine in ENGINES if place % 8 == 0 else (ENGINES[place % 2],):
            dealt[engine].append(photograph)
    return dealt


def _entry(engine: str, photograph: Photograph) -> Entry:
    hosts = _HOSTS[engine]
    host = hosts[int(photograph.sha256[:8], 16) % len(hosts)]
    return Entry(engine=engine, photograph=photograph, host=host, path=_path(engine, photograph))


def _path(engine: str, photograph: Photograph) -> str:
    if engine == "openverse":
        return f"/photographs/{photograph.path}"
    digest = photograph.sha256
    return f"/commons/{digest[0]}/{digest[:2]}/{quote(commons_name(photograph))}"


def commons_name(photograph: Photograph) -> str:
    """The file name under which Wikimedia Commons would keep a photograph: the title, made unique."""
    title = re.sub(r"[\s#<>\[\]|{}/:]+", "_", photograph.title).strip("_") or "Untitled"
    ending = photograph.key.rpartition(".")[2].lower()
    unique = hashlib.sha256(photograph.key.encode()).hexdigest()[:8]
    return f"{title[0].upper()}{title[1:120]}_{unique}.{ending}"


def _mixed_kinds(rng: random.Random) -> list[tuple[str, str, str]]:
    """Host, folder and name of everything that is sprinkled over results, in random order."""
    names = [name for name, fault in FAULTS.items() if fault.mixed]
    kinds = [(f"faulty-{place % 3 + 1}", _folder(name), name) for place, name in enumerate(names)]
    kinds += [(host, folder, host) for host, folder in _REFUSING_HOSTS]
    rng.shuffle(kinds)
    return kinds


def _faulty(
    engine: str,
    photographs: Sequence[Photograph],
    kinds: Iterable[tuple[str, str, str]],
    count: int,
    cycle: int,
) -> list[Entry]:
    """The next `count` faults of `kinds`; after `cycle` of them they come again, with other photographs."""
    entries = []
    for number, (host, folder, name) in enumerate(itertools.islice(kinds, count)):
        turn, place = divmod(number, cycle)
        photograph = photographs[(place + turn) % len(photographs)]
        path = folder + photograph.path
        entries.append(Entry(engine=engine, photograph=photograph, host=host, path=path, fault=name))
    return entries


def _folder(kind: str) -> str:
    argument = FAULTS[kind].argument
    return f"/fault/{kind}/{argument}/" if argument else f"/fault/{kind}/"
