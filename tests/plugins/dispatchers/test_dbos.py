"""The dispatcher `dbos`."""

from pixcrawler_plugins.dispatchers.dbos import register_dispatchers

from pixcrawler_core.testing.contracts import DispatcherContract


class TestDbos(DispatcherContract):
    component = next(iter(register_dispatchers()))
