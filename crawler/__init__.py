"""From the table of sources to articles: link discovery, the spider and extraction. Independent of MongoDB."""
