"""Parts of the remaining kinds, one folder a kind."""
