import pytest

pytest.register_assert_rewrite("adapters.conformance")
