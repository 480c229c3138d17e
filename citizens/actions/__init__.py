"""Everything that changes an account, a consent, the vault or the inbox."""
