"""Recognises images that are there already: indexes on disk, what a run asks of them, groups."""
