"""Everything that changes a draft or a dossier; each function owns or joins its transaction."""
