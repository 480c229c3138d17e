"""Citizens: who somebody is, what they agreed to, what is known of them, and their inbox.

One trust boundary. Personal facts leave through one gate, `actions.vault.release`, and every
release to anybody but the person leaves a row that the person can see. Sign-in is django-allauth
(headless); its seams are `adapters.py`, `tokens.py` and `authentication.py`. The mock of the
national identity (`vneid_mock/`) is a process of its own and never imported by the product.

Doors for other rooms: `actions` and `queries`.
"""
