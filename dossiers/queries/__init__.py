"""Reads of the dossiers' room, each scoped to who is asking."""
