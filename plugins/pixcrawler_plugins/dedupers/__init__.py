"""Indexes that recognise an image that is already in the dataset."""
