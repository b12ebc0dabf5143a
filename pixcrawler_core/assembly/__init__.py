"""Last phase: the dataset's folder with its manifest, statistics, log, ledger and exports."""
