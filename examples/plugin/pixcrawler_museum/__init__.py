"""An example of a PixCrawler plugin: the Art Institute of Chicago as a source, and a check of contrast."""
