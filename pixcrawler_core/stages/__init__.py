"""The stages of a crawl, one Scrapy item pipeline each, in the order of `ITEM_PIPELINES`."""
