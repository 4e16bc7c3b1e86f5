"""The registry side: the contract, run against MLflow and against the fake, and what only one of them shows."""
