"""Everything goes wrong, again and again; and nothing grows."""
