"""Text to tokens: normalization, segmentation, stemming, bigrams and the glossary of the trade."""
