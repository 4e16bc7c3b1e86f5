"""A simulated Archer instance."""
