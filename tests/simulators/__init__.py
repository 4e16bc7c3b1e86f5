"""Simulated platforms over real HTTP, one package each: no live one can be reached from a test.

What each shows, and what it rests on, is said in the module that shows it. ``python -m tests.simulators.NAME`` starts
one by hand.
"""
