"""What the observation journal tells of the past: between which observations something changed, and what held then."""
