"""Jobs that are ordered now and run later: how they are ordered, how they change, and who runs them."""
