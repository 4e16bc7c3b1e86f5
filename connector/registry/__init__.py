"""The MLflow side: reads a registry whole with few requests, and writes tags and descriptions one by one."""

from connector.registry.base import Registry, VersionKey, version_key

__all__ = ["Registry", "VersionKey", "version_key"]
