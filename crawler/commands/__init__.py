"""Commands of ``scrapy`` in this project, beside and in place of Scrapy's own."""
