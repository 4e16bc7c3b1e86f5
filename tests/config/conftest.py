"""Configurations from data, as a file that a person wrote."""

import pytest
import yaml

from connector.config.config import Config, load_config


@pytest.fixture
def load(tmp_path):
    def _load(content) -> Config:
        path = tmp_path / "mlflow-grc.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
        return load_config(path)

    return _load
