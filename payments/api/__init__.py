"""What a citizen sees and does about money. The officers' desk for refunds lies with dossiers."""
