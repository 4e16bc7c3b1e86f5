"""An adapter for Cardex, a GRC that does not exist: cards in drawers, behind one JSON-RPC address."""

from mlflow_grc_cardex.adapter import CardexAdapter

__all__ = ["CardexAdapter"]
