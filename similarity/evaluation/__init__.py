"""Measures search quality on test sets, and keeps the minimum figures of the regression gate."""
