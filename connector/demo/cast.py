"""Who plays: staff of the demo bank. The GRC knows each of them by e-mail."""

from __future__ import annotations

from connector.demo.events import Person

OFFICER = Person("Rita Okafor", "rita.okafor@bank.example", "model risk officer")
VALIDATOR = Person("Viktor Lindqvist", "viktor.lindqvist@bank.example", "independent validator")
SCIENTIST = Person("Dana Novak", "dana.novak@bank.example", "data scientist")
AML_SCIENTIST = Person("Nadia Saleh", "nadia.saleh@bank.example", "data scientist")
ENGINEER = Person("Mateo Silva", "mateo.silva@bank.example", "ML engineer")

CAST = (
    OFFICER,
    VALIDATOR,
    SCIENTIST,
    AML_SCIENTIST,
    ENGINEER,
    Person("Sofia Rossi", "sofia.rossi@bank.example", "data scientist"),
    Person("Yuki Tanaka", "yuki.tanaka@bank.example", "data scientist"),
    Person("Ben Carter", "ben.carter@bank.example", "data scientist"),
    Person("Helena Costa", "helena.costa@bank.example", "model owner"),
    Person("Paul Mercier", "paul.mercier@bank.example", "model owner"),
    Person("Fiona Marsh", "fiona.marsh@bank.example", "model owner"),
    Person("Farid Haddad", "farid.haddad@bank.example", "model owner"),
    Person("Chen Wei", "chen.wei@bank.example", "model owner"),
    Person("Jonas Weber", "jonas.weber@bank.example", "model owner"),
)
"""Everyone whom the portfolio or the story names."""
