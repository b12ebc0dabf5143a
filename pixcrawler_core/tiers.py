"""Which checks a level and a job's tables ask for, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixcrawler_core.components import Tier, Validator
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry


def chosen(
    registry: Registry, level: Tier | str, tables: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Validator]:
    """The built-in checks of the tiers up to `level`, and those that the job's tables name, in their order.

    `tables` are the job's `[validators.NAME]`. The key `enabled` (default true) switches a check off; a
    table for a check above the level switches it on. Raises PluginError for a name that no plugin has,
    ConfigError for an unknown level or a wrong `enabled`.
    """
    given = tables or {}
    asked = [registry.get(Validator, name) for name in given]
    limit = _tier(level)
    default = [v for v in _built_in(registry) if v.tier <= limit and v.name not in given]
    taken = default + [v for v in asked if _enabled(v.name, given[v.name])]
    return sorted(taken, key=lambda v: (v.tier, v.order, v.name))


def _built_in(registry: Registry) -> Iterator[Validator]:
    """Installing a package changes no run: its checks run where a job names them."""
    ours = registry.defaults.get(Validator.hook, ())
    return (v for v in registry.all(Validator).values() if registry.owner(Validator, v.name) in ours)


def _tier(level: Tier | str) -> Tier:
    if isinstance(level, Tier):
        return level
    try:
        return Tier[level.upper()]
    except KeyError:
        known = ", ".join(tier.name.lower() for tier in Tier)
        raise ConfigError(f"no validation level is called {level!r} (there are: {known})") from None


def _enabled(name: str, table: Mapping[str, Any]) -> bool:
    enabled = table.get("enabled", True)
    if not isinstance(enabled, bool):
        raise ConfigError(f"[validators.{name}] enabled must be true or false, not {enabled!r}")
    return enabled


def options_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """The check's own options among the keys of its table."""
    return {key: value for key, value in table.items() if key != "enabled"}
