"""Mappings that are wrong in one way each: every step says so in words of its own, and none takes it for an empty GRC.

The GRC holds the records of three models that were synchronised by the right mapping before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.desk import Desk

SHIPPED = Path(__file__).parents[2] / "mappings" / "mock.yaml"
LIST = "      list:\n        path: /api/v1/models\n        records: items\n        total: total\n"
NO_TOTAL = (LIST, LIST.replace("        total: total\n", ""))
PAGING = "pagination: {type: offset, offset_param: offset, limit_param: limit, page_size: 200}"
MODEL_KEY = (
    "    identity:                    # fields that tie a record to its registry object\n      key: external_key"
)


@dataclass(frozen=True)
class Wrong:
    """``check``, ``sync``: what the command says, as patterns; ``code`` is sync's and plan's exit code. In ``config``,
    changes of the configuration, GRC stands for the server's address.
    """

    changes: tuple[tuple[str, str], ...]
    check: tuple[str, ...]
    sync: tuple[str, ...]
    code: int = 3
    config: tuple[tuple[str, str], ...] = ()
    dialect: tuple[str, ...] = field(default=())


WRONG = {
    "the path of the listing": Wrong(
        ((LIST, LIST.replace("models", "modells")),),
        (r"modells was answered 404", r"Correct list\.path in the mapping's http section"),
        (r"modells was answered 404", r"correct list\.path", "incomplete"),
    ),
    "the path to the records": Wrong(
        ((LIST, LIST.replace("items", "itemz")),),
        (r"the answer has nothing at 'itemz'", r"arrays stand at 'items' \(3\)", "Correct records in the mapping"),
        (r"the answer has nothing at 'itemz'", "correct records in the mapping", "incomplete"),
    ),
    "the path to the id": Wrong(
        (("    model:\n      id: id\n", "    model:\n      id: uid\n"),),
        (r"nothing at 'uid'; its keys are id, revision", "Correct id in the mapping"),
        ("a record without an id", "correct id in the mapping", "incomplete"),
    ),
    "the name of a field": Wrong(
        (("      products: products", "      products: produkts"),),
        ("The platform has no field 'produkts'", "Did you mean 'products'"),
        ("None of the 3 records at /api/v1/models has produkts, not even empty", "correct the fields in the mapping"),
    ),
    "the place of a field": Wrong(
        (
            (
                "      url: url\n      list:\n",
                "      url: url\n      fields: {products: {read: details.products}}\n      list:\n",
            ),
        ),
        (r"[Nn]one of 3 records has the field products \(at 'details.products'\)", "declare omits_empty"),
        ("None of the 3 records at /api/v1/models has products, not even empty", "declare omits_empty"),
    ),
    "the words of a value map": Wrong(
        (('critical: "1 - Critical", high: "2 - High"', "critical: Critical, high: High"),),
        (r"3 of 3 values cannot be read, the first: '2 - High' is no value of risk_classification", "Add the value"),
        ("'2 - High' is no value of risk_classification: the mapping knows 'Critical', 'High'", "Correct the value"),
    ),
    "the field of the key": Wrong(
        ((MODEL_KEY, MODEL_KEY.replace("external_key", "extern_key")),),
        ("The platform has no field 'extern_key'", "Did you mean 'external_key'"),
        ("None of the 3 records at /api/v1/models has extern_key, not even empty", "correct the fields"),
    ),
    "the place of the key": Wrong(
        (
            (
                "      url: url\n      list:\n",
                "      url: url\n      fields: {external_key: {read: keys.ours}}\n      list:\n",
            ),
        ),
        (r"[Nn]one of 3 records has the field external_key \(at 'keys.ours'\)", "Correct the field's name or path"),
        ("None of the 3 records at /api/v1/models has external_key, not even empty", "correct the fields"),
    ),
    "the name of a paging parameter": Wrong(
        ((PAGING, PAGING.replace("offset_param: offset", "offset_param: start")),),
        ("start: is not a field", r"Correct list\.path, params and pagination in the mapping's http section"),
        ("start: is not a field", r"correct list\.path, params and pagination", "incomplete"),
    ),
    "paging parameters that the server ignores": Wrong(
        (
            NO_TOTAL,
            (PAGING, PAGING.replace("offset_param: offset", "offset_param: start")),
        ),
        ("The second page repeats the first", r"list\.pagination"),
        ("the server seems to ignore the paging parameters", "correct pagination in the mapping", "incomplete"),
        dialect=("ignored-filters",),
    ),
    "no paging where there is some": Wrong(
        (NO_TOTAL, (PAGING, "pagination: {type: none}")),
        ("the answer shows that there are more", "Declare pagination"),
        ("the answer shows that there are more", "declare pagination", "incomplete"),
        dialect=("cursors", "single-pages"),
    ),
    "the path of one record": Wrong(
        (('      get: {path: "/api/v1/models/{id}"}', '      get: {path: "/api/v1/model/{id}"}'),),
        ("is listed, but reading it by id says that it does not exist", "Correct get in the mapping's http section"),
        ("is listed, but reading it by id says that it does not exist", "Correct get in the mapping's http section"),
        code=1,
    ),
    "a filter that hides the records": Wrong(
        ((LIST, LIST + "        params: {lifecycle_status: Aproved}\n"),),
        ("With lifecycle_status=Aproved there is no record, and without there are", r"Correct list\.params"),
        ("the listing shows nothing, and 3 linked records can be read by id", "correct the filter"),
    ),
    "a path before all of the paths": Wrong(
        (),
        (
            r"None of the \d+ paths of the mapping that were asked for is there",
            r"Correct url, which is http://[\d.:]+/grc",
        ),
        ("Nothing could be read from the GRC", "`mlflow-grc check` tells more"),
        code=1,
        config=(("url: GRC", "url: GRC/grc"),),
    ),
    "the word before the token": Wrong(
        (),
        (r"401", "the server asks for Token", "The word before the token|the word before the token"),
        (r"401", "the server asks for Token"),
        code=1,
        dialect=("token-header",),
    ),
}


@pytest.fixture
def wrong(request, desk: Desk) -> Wrong:
    """A desk whose mapping went wrong after all was well, and whose models were edited on both sides since."""
    found = WRONG[request.param]
    for name in ("m0", "m1", "m2"):
        desk.model(name, risk_classification="high")
    desk.run("sync")
    desk.officer.patch(desk.record("m0")["id"], purpose="edited in the GRC")
    desk.author.set_tag("m1", "purpose", "edited in MLflow")
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in found.changes:
        assert old in text, old
        text = text.replace(old, new)
    (desk.directory / "own.yaml").write_text(text, encoding="utf-8")
    config = [(old.replace("GRC", desk.grc.url), new.replace("GRC", desk.grc.url)) for old, new in found.config]
    desk.write(("mapping: mock", "mapping: own.yaml"), *config)
    if found.dialect:
        desk.grc.stop()
        desk.grc.dialect = found.dialect
        desk.grc.start()
    return found


@pytest.mark.parametrize("wrong", WRONG, indirect=True)
def test_every_step_tells_a_wrong_mapping_from_an_empty_grc(desk: Desk, wrong: Wrong, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    records, tags = stored(desk), {name: desk.tags(name) for name in ("m0", "m1", "m2")}
    said = desk.run("check", expect=None)
    for pattern in wrong.check:
        assert re.search(pattern, said.out), f"{pattern}\n{said.out}"
    plan = desk.run("plan", expect=wrong.code if wrong.code != 1 else None)
    sync = desk.run("sync", expect=wrong.code)
    for pattern in wrong.sync:
        assert re.search(pattern, sync.out + sync.err), f"{pattern}\n{sync.out}{sync.err}"
        if wrong.code != 1:
            assert re.search(pattern, plan.out + plan.err), f"{pattern}\n{plan.out}{plan.err}"
    report = desk.run("report", "reconcile", expect=None).out
    assert "GRC record is gone" not in report
    assert set(stored(desk)) == set(records), "records were made or lost"
    for name, before in tags.items():
        assert desk.tags(name)["grc_record_id"] == before["grc_record_id"]


def stored(desk: Desk) -> dict[str, str]:
    return {row["id"]: row["external_key"] for row in desk.grc.store.rows("models")}
