"""Article to MongoDB: Scrapy item pipelines, one verb a file, in the order of ``pipelines.addon``."""
