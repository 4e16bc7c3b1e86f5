"""The canonical inventory, one mapping per platform and the regime profiles: data, read by :mod:`connector.mapping`."""
