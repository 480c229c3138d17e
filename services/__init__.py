"""The catalogue of public services: procedures, forms, fees, papers, agencies, places.

Reference data with its sources. A published version of a procedure never changes: new data makes a
new version, and a dossier keeps the one it was filed under. What a source does not say is null and
said so. Doors: `actions` (import) and `queries`; it knows no citizens, dossiers or payments.
"""
