"""Tells others what happens: events, the sinks that take them, and what keeps sinks from doing harm."""
