"""The page that a finished dataset gets: its pictures, what was left out and why, plots, consent."""
