"""Figures counted from stored facts: the city's own, and the service index of QĐ 766/QĐ-TTg."""
