"""How amounts are told to people."""

from __future__ import annotations


def count(number: int, what: str) -> str:
    """A number of things in words: 1 image, 2 images."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def megabytes(size: int) -> str:
    """A number of bytes: 17.4 MB, 466 kB."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
