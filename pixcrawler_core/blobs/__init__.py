"""Bytes under the name of their SHA-256, as they are or encrypted; written once and never changed."""
