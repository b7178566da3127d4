"""Tells people of new articles: watches, an outbox, senders."""
