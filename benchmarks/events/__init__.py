"""How soon an event's change is on the other side, and what forged events cost."""
