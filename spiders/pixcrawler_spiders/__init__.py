"""Search engines and other sources of image URLs, one module each."""
