"""The adapter passes the suite of the contract."""

import pytest
from mlflow_grc_cardex import CardexAdapter
from simulator import TOKEN, Simulator

from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import AdapterContract, Platform, Rewrite
from connector.model.fields import Entity


class Cardex(Platform):
    key_field, text_field, other_field = "external_key", "purpose", "about"
    page_size = 3
    undeclared = Entity.VERSION

    def __init__(self, simulator, monkeypatch):
        self.simulator, self.cardex, self.monkeypatch = simulator, simulator.cardex, monkeypatch

    def adapter(self, token=TOKEN):
        name = "CARDEX_TOKEN" if token == TOKEN else "CARDEX_WRONG_TOKEN"
        self.monkeypatch.setenv(name, token)
        fields = ("external_key", "purpose", "about", "code", "tier")
        return CardexAdapter(
            AdapterSettings(
                connection="test",
                url=self.simulator.url,
                auth={"type": "bearer", "token": {"env": name}},
                http={"retry": {"max_attempts": 2, "max_wait_seconds": 0}, "timeout_seconds": 20},
                options={"drawers": {"model": "models", "issue": "findings"}, "page_size": self.page_size},
                entities={Entity.MODEL: EntityFields(fields, "external_key"), Entity.ISSUE: EntityFields(("title",))},
            )
        )

    def seed(self, values):
        return self.cardex.file("models", dict(values), by="someone")["no"]

    def edit(self, record_id, values):
        self.cardex.amend("models", record_id, dict(values), by="someone")

    def delete(self, record_id):
        del self.cardex.cards[record_id]

    def stored(self):
        return {no: dict(card["slots"]) for no, card in self.cardex.cards.items() if card["drawer"] == "models"}

    def stranger(self):
        return self.adapter(token="not-the-token")

    def break_listing(self):
        self.cardex.busy_after_pages = 1
        return True

    def lose_answer(self):
        self.cardex.loses_answers = 1
        return True

    def rewrite(self):
        return Rewrite("code", "pd-1", "PD-1")

    def refused(self):
        return {"tier": "Extreme"}

    def seed_issue(self):
        return self.cardex.file("findings", {"title": "One"}, by="someone")["no"]

    def seed_comment(self, issue_id, text):
        self.cardex.note("findings", issue_id, text, by="someone")
        return True


class TestCardex(AdapterContract):
    @pytest.fixture
    def platform(self, monkeypatch):
        with Simulator() as simulator:
            yield Cardex(simulator, monkeypatch)
