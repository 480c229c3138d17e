"""Dossiers (hồ sơ): the promise between a citizen and the state, from draft to signed result.

`rules/` holds the law as tables and arithmetic: the ten official states and their moves, the
working-day clock, what may be prefilled. `actions/moves.py` is the only writer of a dossier's
state: lock, look, write, timeline, enqueue. `queries/` says who may see what.

Doors for the roof and the seeds: `actions`, `queries`, `reports`. Money is asked for through
`payments.actions` and heard of through its signals (`receivers.py`); personal facts come and go
through `citizens.actions.vault` only.
"""
