"""Writes of the catalogue: imports of whole data files, and revisions of one procedure."""
