"""The splits that images were given; they outlive the image, so that one that comes back finds its own."""

from __future__ import annotations

from peewee import ForeignKeyField, TextField

from pixcrawler_core.catalog.fields import CatalogModel
from pixcrawler_core.catalog.rows import LedgerRow


class ImageSplit(CatalogModel):
    """The split of the image that a ledger row became: a `pixcrawler_core.records.Placement`."""

    row = ForeignKeyField(LedgerRow, primary_key=True, column_name="ledger_row", on_delete="CASCADE")
    split = TextField()
    made_by = TextField()
    """Digest of the rules by which it was given."""
    before = TextField(null=True)
    """The split it was moved from."""
