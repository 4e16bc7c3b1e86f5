"""Effects: each planned operation step by step, so that an interruption anywhere loses and repeats nothing."""
