"""Frozen types that every layer shares, and the error tree. Imports nothing of mlflow-grc."""
