"""The spider: discovers links, requests pages, and builds an article from each."""
