"""From a text to a query: concepts, term ids, weights, translations, embedding."""
