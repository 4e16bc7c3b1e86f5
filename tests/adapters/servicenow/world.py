"""A registry in memory, a simulated instance, and a connector between them, by the mapping that ships."""

from pathlib import Path

import mappings
from adapters.base import AdapterSettings
from adapters.servicenow import Options, ServiceNowAdapter
from connector.apply.translate import Translator
from connector.engine import Connection, Cycle
from connector.engine.permit import Permit
from connector.mapping.keys import Keys
from connector.mapping.load import load_mapping
from connector.mapping.sources import RegistrySettings, Scope
from connector.state import SqliteStore
from tests.adapters.servicenow.platform import FAST
from tests.engine.world import INSTANCE, REGISTRY_ID
from tests.fakes.registry import InProcessRegistry


class ServiceNowWorld:
    """``options`` are changes to the mapping's section; ``registry`` is that of a process that died."""

    def __init__(
        self, directory, simulator, clock, monkeypatch, name="servicenow", concurrency=1, registry=None, **options
    ):
        self.simulator, self.clock = simulator, clock
        monkeypatch.setenv("SN_API_KEY", simulator.api_key)
        section = str(Path(mappings.__file__).with_name(f"{name}.yaml"))
        mapping = load_mapping(section, adapter_options_model=Options)
        permit = Permit()
        self.registry = registry or InProcessRegistry()
        self.author = self.registry.author
        self.adapter = ServiceNowAdapter(
            AdapterSettings(
                connection="test",
                url=simulator.url,
                auth={"type": "api_key", "header": "x-sn-apikey", "key": {"env": "SN_API_KEY"}},
                http=FAST,
                options=mapping.options.model_copy(update=options),
                entities=mapping.entities,
                before_write=permit,
            )
        )
        keys = Keys(REGISTRY_ID, hashed=True)
        self.store = SqliteStore(directory / "state.db", lambda text: text)
        self.connection = Connection(
            name="test",
            instance=INSTANCE,
            registry=self.registry,
            adapter=self.adapter,
            translator=Translator(mapping, RegistrySettings(keys, Scope(), ("production",), "main", None)),
            store=self.store,
            owner="process-1",
            clock=clock,
            permit=permit,
            concurrency=concurrency,
        )

    def sync(self):
        self.clock.advance(60)
        self.simulator.requests.clear()
        return Cycle(self.connection).run()

    def close(self):
        self.connection.close()
        self.store.close()
