"""A mock of the national identity (VNeID), as a process of its own; never imported by the product.

OpenID Connect by `allauth.idp.oidc`, with its own settings, database and key. It knows nobody: any
well-formed personal number signs in with the demonstration password and gets an invented name. The
last two digits choose the level: 98 proves nothing, 99 level 1, all others level 2.

    python -m citizens.vneid_mock --port 8002
"""
