"""Figures by command: `make bench`. Nothing here is asserted about speed, only about rightness."""
