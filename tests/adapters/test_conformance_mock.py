"""The declarative adapter and the mapping that ships keep the contract against the mock GRC, however it behaves."""

import pytest

from adapters.conformance import AdapterContract
from connector.mock import MockGrc
from connector.model.errors import IncompleteSnapshot, OutcomeUnknown, Retriable, Unreachable
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.mock_platform import PAGING, MockPlatform, options


@pytest.fixture(scope="module")
def mock():
    with MockGrc() as server:
        yield server


class TestMock(AdapterContract):
    @pytest.fixture(params=PAGING)
    def platform(self, request, mock, monkeypatch):
        return MockPlatform(mock, monkeypatch, options(request.param))


class TestMockReadBack(AdapterContract):
    """Without the mapping's word that the answer to a write is the record."""

    @pytest.fixture
    def platform(self, mock, monkeypatch):
        section = options("cursor")
        for verb in ("create", "update"):
            del section["resources"]["model"][verb]["read_back"]
        return MockPlatform(mock, monkeypatch, section)


@pytest.fixture
def platform(mock, monkeypatch):
    return MockPlatform(mock, monkeypatch, options("offset"))


@pytest.fixture
def adapter(platform):
    with platform.adapter() as adapter:
        yield adapter


@pytest.fixture
def nine(platform):
    return [platform.seed({"external_key": f"k{n}"}) for n in range(9)]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "length": 5},
        {"kind": "cut_json"},
        {"kind": "status", "status": 503},
        {"kind": "html"},
        {"kind": "redirect", "status": 303},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_write_that_landed_and_lost_its_answer_is_found_again(platform, adapter, fault):
    platform.mock.faults.add(method="POST", when="after", **fault)
    with pytest.raises(OutcomeUnknown):
        adapter.create(Write(Entity.MODEL, None, {"external_key": "k"}, key="k"))
    assert adapter.find(Entity.MODEL, "k").id in platform.stored()
    assert len(platform.stored()) == 1


def test_a_write_that_cannot_be_read_back_is_unknown(mock, monkeypatch):
    section = options("offset")
    del section["resources"]["model"]["create"]["read_back"]
    platform = MockPlatform(mock, monkeypatch, section)
    mock.faults.add("status", method="GET", status=503, count=None)
    with platform.adapter() as adapter, pytest.raises(OutcomeUnknown, match="read-back failed"):
        adapter.create(Write(Entity.MODEL, None, {"external_key": "k"}, key="k"))
    assert len(platform.stored()) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_does_not_harm_a_listing(platform, adapter, nine, status):
    platform.mock.faults.add("status", method="GET", status=status, skip=1, retry_after=1)
    assert [record.id for record in adapter.records(Entity.MODEL)] == nine


@pytest.mark.parametrize("fault", [{"kind": "cut", "length": 0}, {"kind": "cut", "length": 9}, {"kind": "cut_json"}])
def test_a_cut_page_is_read_again(platform, adapter, nine, fault):
    platform.mock.faults.add(method="GET", skip=1, **fault)
    assert [record.id for record in adapter.records(Entity.MODEL)] == nine


def test_overlapping_pages_are_no_duplicates(platform, adapter, nine):
    platform.mock.faults.add("overlap", skip=1, count=1)
    listed = [record.id for record in _read(adapter)[0]]
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("style", PAGING)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "short_page", "skip": 1},
        {"kind": "lying_total", "amount": 3, "count": None},
        {"kind": "lying_total", "amount": -3, "count": None},
        {"kind": "repeat_page", "count": None, "skip": 1},
    ],
    ids=["rows missing", "total too high", "total too low", "pages repeat"],
)
def test_a_listing_whose_end_is_in_doubt_is_incomplete(mock, monkeypatch, style, fault):
    platform = MockPlatform(mock, monkeypatch, options(style))
    seeded = {platform.seed({"external_key": f"k{n}"}) for n in range(9)}
    mock.faults.add(method="GET", path="/api/v1/models", **fault)
    with platform.adapter() as adapter:
        records, error = _read(adapter)
    ids = [record.id for record in records]
    # A style that repairs the fault by itself may; what must not happen is a part passed off as the whole.
    assert isinstance(error, IncompleteSnapshot) or set(ids) == seeded
    assert len(set(ids)) == len(ids)


def test_a_sign_in_page_is_unreachable_not_empty(platform, adapter, nine):
    platform.mock.faults.add("html", count=None)
    with pytest.raises(Unreachable, match="Sign in"):
        list(adapter.records(Entity.MODEL))
    problems = adapter.check()
    assert "Sign in" in problems[0].what


def test_a_read_by_id_that_fails_is_not_taken_for_absence(platform, adapter, nine):
    platform.mock.faults.add("status", status=500, count=None)
    with pytest.raises(Retriable):
        adapter.get(Entity.MODEL, nine[0])


def test_a_refused_value_names_its_field(adapter):
    (outcome,) = adapter.write([Write(Entity.MODEL, None, {"external_key": "k", "tier": "9 - Imaginary"}, key="k")])
    assert outcome.error.field == "tier"


def test_check_finds_a_field_that_the_platform_has_not(platform, nine):
    platform._section["whoami"]["expect"] = "somebody@else.example"
    section = platform._section["resources"]["model"]
    section["find"]["params"] = {"no_such_filter": "{key}"}
    with platform.adapter(fields=("purpose", "imaginary")) as adapter:
        problems = {problem.where: problem for problem in adapter.check()}
    assert problems["http.resources.model.fields.imaginary"].fatal
    assert "somebody@else.example" in problems["credentials"].what
    assert "http.resources.model.find" in problems


def _read(adapter):
    records, error = [], None
    try:
        for record in adapter.records(Entity.MODEL):
            records.append(record)  # noqa: PERF402 - what came before the error counts
    except IncompleteSnapshot as caught:
        error = caught
    return records, error
