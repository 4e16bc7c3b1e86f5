"""The declarative adapter keeps the contract, whatever the habits of the server it is told about."""

import pytest

from adapters.conformance import AdapterContract
from tests.adapters.fake_grc import FakeGrc
from tests.adapters.fake_platform import MODEL, PAGING, FakePlatform, options


@pytest.fixture
def grc():
    server = FakeGrc()
    yield server
    server.close()


class TestPaging(AdapterContract):
    @pytest.fixture(params=PAGING)
    def platform(self, request, grc, monkeypatch):
        listing = {**MODEL["list"], "pagination": PAGING[request.param]}
        return FakePlatform(grc, monkeypatch, options(list=listing))


class TestPagingWithoutTotal(AdapterContract):
    @pytest.fixture(params=["offset", "page"])
    def platform(self, request, grc, monkeypatch):
        grc.show_total = False
        grc.cap = 3
        listing = {**MODEL["list"], "pagination": PAGING[request.param]}
        return FakePlatform(grc, monkeypatch, options(list=listing))


class TestFiltersAreIgnored(AdapterContract):
    @pytest.fixture
    def platform(self, grc, monkeypatch):
        grc.ignore_filters = True
        return FakePlatform(grc, monkeypatch, options())


class TestNothingButTheNecessary(AdapterContract):
    """No look-up by key, no reading by id, no revision: everything by listing."""

    @pytest.fixture
    def platform(self, grc, monkeypatch):
        listing = {name: part for name, part in MODEL["list"].items() if name != "incremental"}
        update = {"path": "/things/{id}"}
        section = options(find=None, get=None, revision=None, list=listing, update=update)
        del section["resources"]["issue"]["comments"]
        return FakePlatform(grc, monkeypatch, section)


class TestEmptyAnswersAndWholeWrites(AdapterContract):
    """Create answers nothing but a Location, update clears what it is not sent, one record comes in an envelope."""

    @pytest.fixture
    def platform(self, grc, monkeypatch):
        grc.empty_create = grc.put_clears = grc.wrap_single = True
        update = {"path": "/things/{id}", "method": "PUT", "send": "all", "if_match": '"{revision}"'}
        return FakePlatform(grc, monkeypatch, options(get={"path": "/things/{id}", "record": "thing"}, update=update))
