"""Stores for datasets, exports and blobs: folders, object stores, their tiers, and moves between them."""
