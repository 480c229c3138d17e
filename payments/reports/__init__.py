"""What the money desk and the auditors read: discrepancies, disputes, settlement, the books.

Reads only, scoped by agency codes that the caller vouches for.
"""
