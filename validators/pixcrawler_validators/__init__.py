"""Checks on one image, one module each, in three tiers of cost."""
