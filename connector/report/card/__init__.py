"""The model card of one version: what it is for, what it was made from, how it did, and who approved it."""
