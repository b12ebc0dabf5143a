"""Every hook of PixCrawler. A hook only registers: it takes nothing and yields components."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from pixcrawler_core.components import (
        Command,
        Deduper,
        Expander,
        Exporter,
        Labeler,
        Sink,
        Source,
        Storage,
        Validator,
    )
    from pixcrawler_core.service import Authenticator, Dispatcher, Meter, Route

hookspec = pluggy.HookspecMarker("pixcrawler")
hookimpl = pluggy.HookimplMarker("pixcrawler")


@hookspec
def register_sources() -> Iterable[Source]:
    """Search engines, open collections and lists that yield image URLs, one Scrapy spider each."""
    return ()


@hookspec
def register_expanders() -> Iterable[Expander]:
    """Ways to find more queries for a keyword, so that more images of the same thing are found."""
    return ()


@hookspec
def register_validators() -> Iterable[Validator]:
    """Checks on one fetched image, in three tiers of cost; the first rejection stops the rest."""
    return ()


@hookspec
def register_dedupers() -> Iterable[Deduper]:
    """Indexes that recognise an image that the dataset already has."""
    return ()


@hookspec
def register_labelers() -> Iterable[Labeler]:
    """Labelers, which say what the images show that the dataset keeps."""
    return ()


@hookspec
def register_exporters() -> Iterable[Exporter]:
    """Formats in which a finished dataset can be written."""
    return ()


@hookspec
def register_stores() -> Iterable[Storage]:
    """Places in which datasets, exports and blobs are kept: folders, object stores."""
    return ()


@hookspec
def register_sinks() -> Iterable[Sink]:
    """Ways to tell others what happens: each gets the events of runs and of stores."""
    return ()


@hookspec
def register_dispatchers() -> Iterable[Dispatcher]:
    """Ways to have ordered jobs run: by workers on this machine, by a queue of many machines."""
    return ()


@hookspec
def register_authenticators() -> Iterable[Authenticator]:
    """Ways to tell who sends a request to the API."""
    return ()


@hookspec
def register_meters() -> Iterable[Meter]:
    """Meters, which are told what users of the API use, and charge for it."""
    return ()


@hookspec
def register_routes() -> Iterable[Route]:
    """Paths of the API, and the resources that answer there."""
    return ()


@hookspec
def register_commands() -> Iterable[Command]:
    """Subcommands of `pixcrawler`, one click command each."""
    return ()
