"""An example of a PixCrawler plugin: a gallery, a check of contrast, labels for brightness, an album."""
