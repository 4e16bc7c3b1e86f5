"""The HTTP client, the declarative adapter, and the contract of adapters."""
