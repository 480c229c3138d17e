"""One file per audience: citizens (drafts, dossiers), anybody (look-up), officers, the city."""
