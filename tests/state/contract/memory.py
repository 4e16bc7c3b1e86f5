from __future__ import annotations

from dataclasses import replace

from connector.model.fields import Entity, Owner
from connector.model.policy import VersionsMode
from connector.model.registry import RunData
from connector.model.state import Agreement, Base, Intent, Link, LinkState
from connector.model.used_mapping import FieldMapping, UsedMapping
from connector.model.views import Issue
from connector.state import Withheld
from tests.state.contract.base import BANK, CREDIT, CREDIT_1, FRAUD, NOW, OTHER, StoreContract

HARD = "tabs\t, 'quotes\", nul \x00, emoji \U0001f600, newline\n"


class MemoryContract(StoreContract):
    def test_links(self, store, record, reopen):
        link = Link(CREDIT, "R1", created_ms=17)
        with record() as tx:
            tx.put_link(link)
            tx.put_link(Link(FRAUD, "R2"))
            tx.put_link(replace(link, state=LinkState.RETIRED))
        assert reopen().links(BANK) == {
            CREDIT.key: Link(CREDIT, "R1", LinkState.RETIRED, 17),
            FRAUD.key: Link(FRAUD, "R2"),
        }
        with record() as tx:
            tx.drop_link(CREDIT)
        assert list(store.links(BANK)) == [FRAUD.key]

    def test_base_pairs(self, store, record, reopen):
        with record() as tx:
            tx.set_base(CREDIT, "tier", Base("high", None))
            tx.set_base(CREDIT, "tier", Base("high", "HIGH", Agreement.REWRITTEN, "2026-03-01"))
            tx.set_base(CREDIT, "purpose", Base(HARD, HARD))
            tx.set_base(CREDIT_1, "status", Base("", None))
        credit = {"tier": Base("high", "HIGH", Agreement.REWRITTEN, "2026-03-01"), "purpose": Base(HARD, HARD)}
        assert reopen().bases(BANK) == {CREDIT.key: credit, CREDIT_1.key: {"status": Base("", None)}}
        assert store.bases_of(BANK, CREDIT.key) == credit
        assert store.bases_of(BANK, FRAUD.key) == {}
        many = [(FRAUD, f"field {number % 25}", Base(str(number), HARD)) for number in range(50)]
        with record() as tx:
            tx.set_bases(many[:1])
            tx.set_bases([])
            tx.set_bases(iter(many))
        assert store.bases_of(BANK, FRAUD.key) == {field: base for _, field, base in many[25:]}
        with record() as tx:
            tx.drop_base(FRAUD)
            tx.drop_base(CREDIT, "tier")
            tx.drop_base(CREDIT_1)
            tx.drop_base(FRAUD, "tier")
        assert store.bases(BANK) == {CREDIT.key: {"purpose": Base(HARD, HARD)}}

    def test_intents_come_back_in_order(self, store, record, reopen):
        intents = [Intent(f"op{number}", "run", f'{{"n":{number}}}', "2026-03-01") for number in (3, 1, 2)]
        with record() as tx:
            for intent in intents:
                tx.put_intent(intent)
        assert reopen().intents(BANK) == intents
        with record() as tx:
            tx.drop_intent("op1")
            tx.drop_intent("unknown")
            tx.put_intent(replace(intents[0], payload="again"))
        assert [(intent.operation_id, intent.payload) for intent in store.intents(BANK)] == [
            ("op3", "again"),
            ("op2", '{"n":2}'),
        ]

    def test_the_mapping_in_use_is_the_last_one(self, store, record, reopen):
        purpose = FieldMapping(Owner.SHARED, ("tag:purpose", "description"), "model.purpose")
        first = UsedMapping("grc_", VersionsMode.RECORDS)
        last = UsedMapping("mrm_", VersionsMode.GOVERNED, {Entity.MODEL: {"purpose": purpose}}, ("grc_",))
        assert store.used_mapping(BANK) is None
        with record() as tx:
            tx.put_used_mapping(first)
        assert reopen().used_mapping(BANK) == first
        with record() as tx:
            tx.put_used_mapping(last)
        assert reopen().used_mapping(BANK) == last
        assert store.used_mapping(OTHER) is None

    def test_run_data(self, store, record, reopen):
        data = RunData("r1", "RUNNING", {"depth": "3"}, {"auc": 0.91, "loss": 1e-300}, {"team": HARD}, ("train@1",))
        with record() as tx:
            tx.put_run_data({CREDIT_1.key: data, "other": RunData("r2", "FINISHED")})
        with record() as tx:
            tx.put_run_data({CREDIT_1.key: replace(data, status="FINISHED")})
        found = reopen().run_data(BANK)
        assert found == {CREDIT_1.key: replace(data, status="FINISHED"), "other": RunData("r2", "FINISHED")}
        assert found[CREDIT_1.key].finished

    def test_metrics_that_are_no_numbers(self, store, record):
        with record() as tx:
            tx.put_run_data({"v": RunData("r", "FINISHED", metrics={"nan": float("nan"), "inf": float("inf")})})
        metrics = store.run_data(BANK)["v"].metrics
        assert metrics["nan"] != metrics["nan"]
        assert metrics["inf"] == float("inf")

    def test_run_data_of_the_keys_that_begin_so(self, store, record):
        data = RunData("r1", "FINISHED")
        with record() as tx:
            tx.put_run_data({'["a%", "1"]': data, '["a%b", "1"]': data, '["A%", "1"]': data})
        assert list(store.run_data(BANK, '["a%"')) == ['["a%", "1"]']

    def test_issues_about_some_records(self, store, record):
        issues = [
            Issue("I1", "I1", "one", model_id="M1"),
            Issue("I2", "I2", "two", version_id="V1"),
            Issue("I3", "I3", "three", model_id="M2"),
            Issue("I4", "I4", "four"),
        ]
        with record() as tx:
            tx.put_issues(issues)
        assert list(store.issues(BANK, {"M1", "V1", "I4", "none"})) == ["I1", "I2", "I4"]
        assert store.issues(BANK, ()) == {}

    def test_issues_learned_join_the_others(self, store, record, reopen):
        one, two = Issue("I1", "I1", "one"), Issue("I2", "I2", "two")
        with record() as tx:
            tx.put_issues([one])
            tx.learn_issues([two, replace(one, state="closed")])
        assert reopen().issues(BANK) == {"I1": replace(one, state="closed"), "I2": two}

    def test_links_of_a_name_and_to_a_record(self, store, record):
        model, version = Link(CREDIT, "M1"), Link(CREDIT_1, "V1", LinkState.RECORD_GONE)
        with record() as tx:
            for link in (model, version, Link(FRAUD, "M1", LinkState.TOMBSTONE)):
                tx.put_link(link)
        assert store.links_of(BANK, "credit") == {CREDIT.key: model, CREDIT_1.key: version}
        assert [link.ref for link in store.links_to(BANK, "M1")] == [CREDIT, FRAUD]
        assert (store.links_of(OTHER, "credit"), store.links_to(OTHER, "M1")) == ({}, [])

    def test_issues_are_those_of_the_last_listing(self, store, record, reopen):
        issue = Issue("I1", "ISS-1", "Drift", "high", "open", due="2026-05-01", unreadable={"assignee": "no e-mail"})
        with record() as tx:
            tx.put_issues([issue, replace(issue, id="I2")])
            tx.put_issues([issue])
        assert reopen().issues(BANK) == {"I1": issue}

    def test_responses_are_remembered_once(self, store, record):
        with record() as tx:
            tx.mark_response_posted("I1", "d1")
            tx.mark_response_posted("I1", "d1")
            tx.mark_response_posted("I1", "d2")
        assert sorted(store.responses_posted(BANK)) == [("I1", "d1"), ("I1", "d2")]

    def test_withheld_operations_are_the_last_plans(self, store, record):
        with record() as tx:
            tx.put_withheld([Withheld("d9", "{}"), Withheld("d1", "{}"), Withheld("d5", "{}")])
            tx.put_withheld([Withheld("d7", '{"a":1}'), Withheld("d1", "{}")])
        assert store.withheld(BANK) == [Withheld("d7", '{"a":1}'), Withheld("d1", "{}")]

    def test_connections_do_not_see_each_other(self, store, record):
        with store.recording(store.acquire_lease(OTHER, "me", NOW, 60), NOW) as tx:
            tx.put_link(Link(CREDIT, "OTHER"))
            tx.set_base(CREDIT, "tier", Base("low", "low"))
            tx.put_intent(Intent("op", "run", "{}", ""))
            tx.put_issues([Issue("I1", "1", "t")])
            tx.put_run_data({"v": RunData("r", "FINISHED")})
            tx.put_withheld([Withheld("d", "{}")])
            tx.mark_response_posted("I1", "d1")
        reads = (
            store.links, store.bases, store.intents, store.issues, store.run_data, store.withheld,
            store.responses_posted,
        )  # fmt: skip
        assert [len(read(BANK)) for read in reads] == [0] * 7
        with record() as tx:
            tx.put_link(Link(CREDIT, "MINE"))
            tx.drop_link(CREDIT)
            tx.drop_base(CREDIT)
            tx.drop_intent("op")
            tx.put_issues([])
            tx.put_withheld([])
        assert [len(read(OTHER)) for read in reads] == [1] * 7
