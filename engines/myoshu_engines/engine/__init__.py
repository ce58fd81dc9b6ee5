"""Programs that speak UCI or GTP, as players of a match."""
