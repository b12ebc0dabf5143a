"""Licences: how they are spelled, what they allow and ask, and how a work under one is credited."""
