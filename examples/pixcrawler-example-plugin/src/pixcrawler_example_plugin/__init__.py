"""An example of a PixCrawler plugin: a photo gallery, a check of contrast, an album."""
