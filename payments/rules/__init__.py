"""The rules of money as tables and arithmetic: no database, no clock, no network, no settings."""
