"""Demonstration and reference data: rerunnable importers that only call the rooms' actions.

`seed reference` loads what the law and the portal say (catalogue, agencies, places, calendar);
`seed demo` adds synthetic people. Every file under `data/` is listed with its source in
`data/SOURCES.md`.
"""
