"""Tells which images rules mean, while they are found, fetched and looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from pixcrawler_core.takedown.rules import Kind, Rule, host_of, one_name, one_url

if TYPE_CHECKING:
    from pixcrawler_core.records import Candidate

TAKEN_DOWN = "taken-down"
"""The reason of rows that were taken down, or met what was."""


class Matcher:
    """Some rules, asked about images. Threads may share it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        values: dict[Kind, dict[str, int]] = {kind: {} for kind in Kind}
        for each in rules:
            values[each.kind][each.value] = each.radius
        self._values = values
        hashes = values[Kind.PHASH]
        self._hashes = np.array([int(digits, 16) for digits in hashes], np.uint64)
        self._radii = np.array(list(hashes.values()), np.uint8)

    def __bool__(self) -> bool:
        return any(self._values.values())

    def found(self, candidate: Candidate, final_url: str | None = None) -> Kind | None:
        """By what a candidate is meant: its addresses, their hosts, its creator; None if it is not."""
        addresses = (candidate.image_url, candidate.page_url, final_url)
        if self._values[Kind.URL] and any(one_url(each) in self._values[Kind.URL] for each in addresses):
            return Kind.URL
        if self._values[Kind.HOST] and any(self._of_host(host_of(each)) for each in addresses):
            return Kind.HOST
        creators = one_name(candidate.creator), one_url(candidate.creator_url)
        if self._values[Kind.CREATOR] and any(each in self._values[Kind.CREATOR] for each in creators):
            return Kind.CREATOR
        return None

    def fetched(self, sha256: str | None) -> bool:
        """Whether bytes with this digest are meant."""
        return sha256 in self._values[Kind.SHA256]

    def seen(self, phash: str | None) -> bool:
        """Whether a picture with this perceptual hash, 16 hex digits, is meant."""
        if not phash or not len(self._hashes):
            return False
        return bool((np.bitwise_count(self._hashes ^ np.uint64(int(phash, 16))) <= self._radii).any())

    def _of_host(self, host: str | None) -> bool:
        """Whether a host, or one that it is below, is meant."""
        parts = (host or "").split(".")
        return any(".".join(parts[begin:]) in self._values[Kind.HOST] for begin in range(len(parts)))
