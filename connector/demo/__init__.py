"""The demo: a bank's registry and its GRC kept one truth, played against real servers and checked at every step."""
