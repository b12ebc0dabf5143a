"""Finds plugins and answers the one question asked of them: which component has this name?"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from pixcrawler_core import hookspecs
from pixcrawler_core.components import Component, Models, Part
from pixcrawler_core.defaults import DEFAULT_PLUGINS
from pixcrawler_core.errors import PluginError

C = TypeVar("C", bound=Component)
P = TypeVar("P")


class Registry:
    """Named components of all plugins, by kind."""

    def __init__(
        self,
        manager: pluggy.PluginManager,
        defaults: Mapping[str, tuple[str, ...]] = DEFAULT_PLUGINS,
        models: Models | None = None,
    ) -> None:
        self.manager = manager
        self.defaults = defaults
        self._models = models
        self._found: dict[str, dict[str, Component]] = {}
        self._owner: dict[tuple[str, str], str] = {}

    def all(self, kind: type[C]) -> dict[str, C]:
        """Every component of a kind, keyed and sorted by name.

        Raises PluginError when a plugin yields something else, or two plugins the same name.
        """
        if kind.hook not in self._found:
            self._import_defaults(kind.hook)
            self._found[kind.hook] = self._collect(kind)
        return dict(self._found[kind.hook])  # type: ignore[arg-type]  # _collect checked the kind

    def get(self, kind: type[C], name: str) -> C:
        """The component with this name; the PluginError lists the names there are."""
        alone = self._alone(kind, name)
        if alone is not None:
            return alone
        known = self.all(kind)
        if name in known:
            return known[name]
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PluginError(
            f"no {kind.kind()} is called {name!r}{hint} (there are: {', '.join(known) or 'none'})"
        )

    def build(
        self,
        kind: type[Part[P]],
        name: str,
        table: Mapping[str, Any] | None = None,
        folder: Path | None = None,
    ) -> P:
        """Build a part from its table of the job file. Raises PluginError for options, and ModelMissing.

        Relative paths in the table start from `folder`; from the current one if it is not given.
        """
        part = self.get(kind, name)
        options = self.options(part, table or {})
        if options is not None and folder is not None:
            from pixcrawler_core.config.files import absolute

            options = options.model_copy(update=absolute(options, folder))
        return part.build(options, self.models) if part.models else part.build(options)

    def options(self, part: Part[Any], table: Mapping[str, Any]) -> Any:
        """The part's own options from a table, checked."""
        who = f"{type(part).kind()} {part.name!r}"
        if part.options is None and table:
            raise PluginError(f"{who} has no options, but got {', '.join(table)}")
        if part.options is None:
            return None
        from pixcrawler_core.config.problems import parse_options

        return parse_options(part.options, table, who)

    def owner(self, kind: type[Component], name: str) -> str:
        """The plugin that registered a component."""
        if (kind.hook, name) not in self._owner:
            self.all(kind)
        return self._owner[kind.hook, name]

    @property
    def models(self) -> Models:
        """The models that parts may ask for: those of the user's store, unless others were given."""
        if self._models is None:
            from pixcrawler_core.models import user_models

            self._models = user_models()
        return self._models

    def _alone(self, kind: type[C], name: str) -> C | None:
        """A built-in component from the module of its own name, without importing all the others.

        None where there is no such module, or an installed plugin has components of the kind: names are then
        to be compared.
        """
        modules = {module.rpartition(".")[2]: module for module in self.defaults.get(kind.hook, ())}
        module = modules.get(name)
        known = kind.hook in self._found or getattr(self.manager.hook, kind.hook).get_hookimpls()
        if known or module is None or self.manager.is_blocked(module):
            return None
        for component in getattr(importlib.import_module(module), kind.hook)():
            if isinstance(component, kind) and component.name == name:
                self._owner[kind.hook, name] = module
                return component
        return None

    def _import_defaults(self, hook: str) -> None:
        for name in self.defaults.get(hook, ()):
            if self.manager.is_blocked(name) or self.manager.has_plugin(name):
                continue
            self.manager.register(importlib.import_module(name), name)
        self.manager.check_pending()

    def _collect(self, kind: type[C]) -> dict[str, Component]:
        found: dict[str, Component] = {}
        for impl in reversed(getattr(self.manager.hook, kind.hook).get_hookimpls()):
            for component in impl.function():
                self._check(kind, component, impl.plugin_name, found)
                found[component.name] = component
                self._owner[kind.hook, component.name] = impl.plugin_name
        return dict(sorted(found.items()))

    def _check(self, kind: type[C], component: object, plugin: str, found: dict[str, Component]) -> None:
        if not isinstance(component, kind):
            raise PluginError(f"{plugin}: {kind.hook} must yield {kind.__name__}, not {component!r}")
        if component.name in found:
            other = self._owner[kind.hook, component.name]
            raise PluginError(f"{kind.__name__} {component.name!r} comes from both {other} and {plugin}")


def load(*, installed: bool = True, blocked: Iterable[str] = ()) -> Registry:
    """Load the built-in plugins and, unless told otherwise, the installed ones.

    `blocked` names plugins (entry-point names or module names) that are left out. Raises PluginError when
    an installed plugin cannot be imported or implements a hook that does not exist.
    """
    manager = pluggy.PluginManager("pixcrawler")
    manager.add_hookspecs(hookspecs)
    for name in blocked:
        manager.set_blocked(name)
    if installed:
        _load_installed(manager)
    return Registry(manager)


def _load_installed(manager: pluggy.PluginManager) -> None:
    from importlib.metadata import entry_points

    for entry in entry_points(group="pixcrawler"):
        blocked = manager.is_blocked(entry.name) or manager.is_blocked(entry.module)
        if blocked or manager.has_plugin(entry.name):
            continue
        try:
            manager.register(entry.load(), name=entry.name)
        except Exception as error:
            raise PluginError(
                f"plugin {entry.name!r} ({entry.value}) cannot be loaded: {error}; "
                f"update it, uninstall it, or leave it out with PIXCRAWLER_BLOCKED_PLUGINS={entry.name}"
            ) from error
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        name = manager.get_name(error.plugin)
        raise PluginError(f"plugin {name!r} implements an unknown hook: {error}") from error
