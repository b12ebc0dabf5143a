from __future__ import annotations

from pixcrawler_plugins.dispatchers.local import register_dispatchers

from pixcrawler_core.testing.contracts import DispatcherContract


class TestLocal(DispatcherContract):
    component = next(iter(register_dispatchers()))
