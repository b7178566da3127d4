"""The ``scrapy`` commands of this project: additional ones, and replacements for Scrapy's own."""
