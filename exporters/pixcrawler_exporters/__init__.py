"""Dataset and archive formats, one module each."""
