"""An example of a PixCrawler plugin: a gallery, a check of the greys, labels for brightness, an album."""
