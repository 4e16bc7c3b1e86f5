"""The audit trail: its hash chain, the proof that nothing was changed, and its exports."""
