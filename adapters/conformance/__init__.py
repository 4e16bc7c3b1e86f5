"""The test suite of the adapter contract. Needs pytest, which the package itself does not depend on.

A plug-in's whole test of the contract is a subclass with one fixture::

    from adapters.conformance import AdapterContract, Platform

    class MyPlatform(Platform):
        ...

    class TestMyAdapter(AdapterContract):
        @pytest.fixture
        def platform(self):
            with my_simulator() as simulator:
                yield MyPlatform(simulator)

Put ``pytest.register_assert_rewrite("adapters.conformance")`` into ``conftest.py`` to see the values of a failed
comparison. What a platform cannot show (no comments, no fault on demand) is skipped, with the reason.
"""

from adapters.conformance.commenting import CommentContract
from adapters.conformance.failing import FailureContract
from adapters.conformance.listing import ListingContract
from adapters.conformance.lookup import LookupContract
from adapters.conformance.platform import Platform, Rewrite
from adapters.conformance.writing import WritingContract

__all__ = ["AdapterContract", "Platform", "Rewrite"]


class AdapterContract(ListingContract, LookupContract, WritingContract, CommentContract, FailureContract):
    """Every clause of :class:`adapters.base.Adapter`, as tests."""
