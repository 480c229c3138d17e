"""Fee arithmetic, routing, search words, and which version holds on a day: pure."""
