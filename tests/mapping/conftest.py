"""Loading mappings that a test describes as data."""

import pytest
import yaml

from connector.mapping.load import load_mapping
from tests.mapping.samples import platform


@pytest.fixture
def load(tmp_path):
    """Write a mapping file and load it."""

    def _load(data=None, **options):
        path = tmp_path / "mapping.yaml"
        text = data if isinstance(data, str) else yaml.safe_dump(data or platform(), sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return load_mapping(path, **options)

    return _load
