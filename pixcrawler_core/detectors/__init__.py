"""Models that look at an image: objects, faces, text, nudity. Each is asked once an image at most."""
