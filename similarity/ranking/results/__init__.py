"""The results of a search: hits with explanations, the best page of a report, and collapsing to one hit a story."""
