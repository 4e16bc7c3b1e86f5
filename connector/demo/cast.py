"""Who plays: staff of the demo bank, known to the mock GRC by these e-mails."""

from __future__ import annotations

from connector.demo.events import Person

OFFICER = Person("Rita Okafor", "risk.officer@bank.example", "model risk officer")
VALIDATOR = Person("Viktor Lindqvist", "validator@bank.example", "independent validator")
SCIENTIST = Person("Dana Novak", "data.scientist@bank.example", "data scientist")
ENGINEER = Person("Mateo Silva", "ml.engineer@bank.example", "ML engineer")
