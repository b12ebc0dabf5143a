from __future__ import annotations

from pixcrawler_core.testing.pytest_plugin import photographs, running_web, simulated_web

__all__ = ["photographs", "running_web", "simulated_web"]
