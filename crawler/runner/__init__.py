"""Runs many sources, each in a process of its own, and shows progress."""
