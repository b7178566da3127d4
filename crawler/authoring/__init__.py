"""Tools for writing a new source: survey a site, capture pages as fixtures, check them."""
