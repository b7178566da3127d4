"""The compiled top-k search over inverted indexes (``maxscore``), and the tables of addresses that it takes."""
