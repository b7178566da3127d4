"""Scrapy item pipelines from article to MongoDB: one verb a file, in the order that ``pipelines.addon`` gives."""
