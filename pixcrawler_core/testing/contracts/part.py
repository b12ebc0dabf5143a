"""What holds for parts of every kind."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pixcrawler_core.components import Models, Part


class PartContract:
    """What holds for every part that is built from a table of the job file."""

    component: Part[Any]
    options: ClassVar[Mapping[str, Any]] = {}
    """The table to test with; its keys must suffice to build the part."""

    def build(self) -> Any:
        """A fresh part, built as the registry builds it."""
        model = self.component.options
        options = model(**self.options) if model else None
        needed = (self.models(),) if self.component.models else ()
        return self.component.build(options, *needed)

    def models(self) -> Models:
        """What the part gets if it names models: the user's model store."""
        from pixcrawler_core.models import user_models

        return user_models()

    def test_it_has_a_name_and_a_summary(self) -> None:
        """The name fits job files and command lines; the summary is one line."""
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", self.component.name), self.component.name
        assert self.component.summary
        assert "\n" not in self.component.summary

    def test_its_options_are_closed_and_described(self) -> None:
        """An unknown key is refused, and every option says what it is."""
        model = self.component.options
        if model is None:
            return
        assert model.model_config.get("extra") == "forbid", f"{model.__name__} takes unknown keys"
        silent = [name for name, field in model.model_fields.items() if not field.description]
        assert not silent, f"options without description: {silent}"
