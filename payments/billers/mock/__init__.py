"""A stand-in for the billers' collection hub: a process of its own, for development and tests.

Stateful, on the loopback only, standard library only, never imported by the product:
`python -m payments.billers.mock --port 8005`. All customers and bills are synthetic (MÔ PHỎNG).

`book` is what billers know, `server` the HTTP skin with scripted misfortune under `/_mock/`.
"""
