"""The toolbox: what every room needs and no room owns.

A closed list of files, each about one thing (clock, transactions, errors, HTTP, ids, crypto,
files, idempotency, ...). It has exactly three tables, which have no noun of a room:
`IdempotencyRecord` (the answer stored under a client's key), `StoredFile` (bytes kept once, by
hash) and `LoosePlace` (bytes in storage that no row names). It imports no room. A new file here
needs a decision in README.md.
"""
