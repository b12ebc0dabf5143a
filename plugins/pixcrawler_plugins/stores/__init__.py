"""Stores that come with PixCrawler."""
