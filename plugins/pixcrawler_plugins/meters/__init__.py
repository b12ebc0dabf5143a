"""Meters, a module each."""
