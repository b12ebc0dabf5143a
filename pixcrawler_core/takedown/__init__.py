"""Takes images down for good: out of datasets, exports and blobs, so that they never return."""
