"""Screens that span rooms: composed here, one query per room."""
