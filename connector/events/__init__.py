"""Events: a change tells of itself, and is looked at without waiting for the next full cycle.

A receiver proves a webhook's sender and leaves a *hint* in the state: where to look, never what is true. Whoever holds
the connection's lease takes the hints, lets those of one object settle, and runs a narrowed cycle for each registered
model (:mod:`connector.engine.narrow`).
"""
