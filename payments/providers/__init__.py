"""Providers: one file each, all behind the port in `base`; `registry` knows them by name."""
