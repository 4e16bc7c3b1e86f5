"""What a report costs: made by the command itself from a snapshot in state, in a process of its own."""
