"""Sinks that come with PixCrawler."""
