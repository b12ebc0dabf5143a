"""The catalog: who crawls what, and the ledger of every image URL ever seen."""
