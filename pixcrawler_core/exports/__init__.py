"""What export formats have in common: safe names, and places that are there whole or not at all."""
