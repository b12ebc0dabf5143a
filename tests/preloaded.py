"""What `tests.forked` has imported before a command begins: all modules of PixCrawler that commands use."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import pixcrawler_core.commands
from pixcrawler_core.registry import load

load()
for module in walk_packages(pixcrawler_core.commands.__path__, "pixcrawler_core.commands."):
    import_module(module.name)
