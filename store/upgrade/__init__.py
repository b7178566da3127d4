"""Brings the stored layout up to date by numbered steps, each of which may be killed and begun again."""
