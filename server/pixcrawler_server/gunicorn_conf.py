"""Configuration of gunicorn: `gunicorn -c python:pixcrawler_server.gunicorn_conf`.

The environment says the rest: PIXCRAWLER_WORKSPACE, PIXCRAWLER_DATABASE, PIXCRAWLER_BLOCKED_PLUGINS, and
PIXCRAWLER_SERVER_CONFIG for another file than `server.toml` in the workspace.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pixcrawler_server.serving import gunicorn_options, make_app, settings_of

_WORKSPACE = Path(os.environ.get("PIXCRAWLER_WORKSPACE", "pixcrawler-data"))
_CONFIG = os.environ.get("PIXCRAWLER_SERVER_CONFIG")
_SETTINGS = settings_of(_WORKSPACE, Path(_CONFIG) if _CONFIG else None)


def application() -> Any:
    """The application of a worker."""
    blocked = os.environ.get("PIXCRAWLER_BLOCKED_PLUGINS", "").split(",")
    names = tuple(name.strip() for name in blocked if name.strip())
    return make_app(_SETTINGS, _WORKSPACE, os.environ.get("PIXCRAWLER_DATABASE"), names)


wsgi_app = "pixcrawler_server.gunicorn_conf:application()"
globals().update(gunicorn_options(_SETTINGS))
