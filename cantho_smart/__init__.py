"""The roof: wiring only.

Settings, URLs, the commands that start and sweep everything, and the screens that span rooms
(`screens/`). It imports every room and no room imports it. A decision never lives here: it lives
in the `rules` or `actions` of the room that owns the noun.
"""
