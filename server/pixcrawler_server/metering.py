"""The meters that the settings name, as they are built and settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from peewee import Database

from pixcrawler_core.metering import Charger, Seller
from pixcrawler_core.registry import Registry
from pixcrawler_core.service import Meter
from pixcrawler_server.settings import ServerSettings
from pixcrawler_server.settling import Settler


def open_meters(settings: ServerSettings, registry: Registry) -> dict[str, Charger]:
    """The meters by their names. Raises PluginError and ConfigError for what their options lack."""
    return {name: registry.build(Meter, name, settings.meters.get(name)) for name in settings.billing.meters}


def settler_of(
    database: Database, registry: Registry, meters: Mapping[str, Charger], now: Callable[[], datetime]
) -> Settler:
    """What tells these meters."""
    return Settler(database, meters, {name: registry.get(Meter, name).remembers for name in meters}, now)


def seller_of(meters: Mapping[str, Charger]) -> tuple[str, Seller] | None:
    """The first meter that sells plans, and its name."""
    return next(((name, meter) for name, meter in meters.items() if isinstance(meter, Seller)), None)
