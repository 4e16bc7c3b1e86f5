"""Effects: each planned operation, one at a time, so that an interruption anywhere loses and repeats nothing."""
