"""Built-in expanders, one module each."""
