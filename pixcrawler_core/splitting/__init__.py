"""Cuts a dataset into train, val and test so that images which are alike never stand in two of them.

`groups` finds what belongs together, `assign` gives each group a split, `images` does both for a job's kept
images and notes it in the catalog, and `report` proves it anew from the manifest that was written.
"""
