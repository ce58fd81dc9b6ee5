"""Programs that play by a protocol of their own, UCI or GTP, as players of a match."""
