"""How billers are spoken to: `base` is the port, `hub` its dialect over HTTP, `registry` finds one.

`mock` is a process of its own and is never imported by the product.
"""
