"""The version of PixCrawler, of which the wheel, the command line and the user agent are told here."""

__version__ = "0.1.0"
