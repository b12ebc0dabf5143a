"""The common base of the tables of the job file."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table that refuses unknown keys and cannot be changed once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Picks(Table):
    """A list of plugins by name, and a table of options for each that wants some."""

    model_config = ConfigDict(extra="allow")

    @property
    def tables(self) -> dict[str, Any]:
        """Options as written, by the plugin's name."""
        return dict(self.model_extra or {})
