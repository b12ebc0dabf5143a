"""What proves a dataset: its lockfile, its versions, and what compares them with the files there are."""
