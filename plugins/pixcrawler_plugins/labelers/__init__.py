"""Labelers: what the images show that a dataset keeps."""
