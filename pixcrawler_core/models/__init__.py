"""The model store: which models there are, where they come from, and the folder they are kept in.

`manifest` lists them, `store.ModelStore` keeps and fetches them, `sessions.session` runs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixcrawler_core.models.store import ModelStore


def user_models() -> ModelStore:
    """The model store in the user's folder: PIXCRAWLER_MODELS, else the user's caches."""
    import os

    from pixcrawler_core.models.store import ModelStore, default_folder

    return ModelStore(default_folder(os.environ))
