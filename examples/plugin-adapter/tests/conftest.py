"""Shows the values of a comparison that fails inside the suite."""

import pytest

pytest.register_assert_rewrite("adapters.conformance")
