"""The law as tables and arithmetic: no database, no clock, no settings."""
