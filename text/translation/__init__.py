"""Translation of query words between Chinese and English, by CC-CEDICT and the glossary."""
