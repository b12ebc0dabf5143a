"""Makes the dataset of a lock once more: from the same URLs, with the same bytes under the same paths."""
