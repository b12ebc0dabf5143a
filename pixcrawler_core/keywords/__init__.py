"""From the keywords of a job to the queries that sources are asked (phase 1)."""
