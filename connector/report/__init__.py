"""Reports on the inventory, made from what was observed; nothing is fetched here."""
