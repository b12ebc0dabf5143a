"""The kinds of components that plugins may have for commands and runs; the server's are in `service`."""

from __future__ import annotations

from pixcrawler_core import components

KINDS: tuple[type[components.Component], ...] = (
    components.Command,
    components.Deduper,
    components.Expander,
    components.Exporter,
    components.Labeler,
    components.Sink,
    components.Source,
    components.Storage,
    components.Validator,
)
