"""Text to tokens: language, segmentation, stop words. Plain Python; knows neither crawler nor database."""
