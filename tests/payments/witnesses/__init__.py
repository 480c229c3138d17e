"""Witnesses of the mock that are not ours: Stripe's published document, Stripe's own clients."""
