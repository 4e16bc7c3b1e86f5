"""Plug-ins that speak to GRC platforms, the contract they fulfil and the HTTP client they share."""
