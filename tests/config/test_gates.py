"""policy.gates: what it means, and what it must be to the inventory, the owners, the registry and other connections."""

import pytest

from connector.config.gatechecks import stages_without_field
from connector.model.errors import ConfigError
from connector.model.fields import Entity, Owner
from connector.model.gates import ALL_STAGES, AutomatedGates, MetricRule, Operator, Promotion, Stage
from tests.config.test_config import data, with_another

AUTOMATED = {
    "low": {},
    "high": {
        "metrics": [{"metric": "auc", "operator": "at_least", "bound": 0.8}],
        "fairness": [{"metric": "fairness_*", "bound": 0.1}],
        "metadata": ["purpose"],
        "security_scan": True,
    },
}


def content(**gates):
    return data(policy={"gates": gates})


def test_what_the_gates_mean(load):
    gates = load(content(stages={"medium": ["business", "automated"]}, automated=AUTOMATED)).policy("grc").gates
    assert gates.needs == {
        "critical": ALL_STAGES,
        "high": ALL_STAGES,
        "medium": (Stage.BUSINESS, Stage.AUTOMATED),
        "low": (Stage.AUTOMATED,),
    }
    bound = MetricRule("auc", Operator.AT_LEAST, 0.8)
    fair = MetricRule("fairness_*", Operator.WITHIN, 0.1)
    assert gates.automated == {"high": AutomatedGates((bound,), (fair,), ("purpose",), True), "low": AutomatedGates()}
    assert list(gates.automated) == ["high", "low"], "the strictest first, however it is written"
    assert gates.promotion is None


def test_a_section_alone_switches_the_stages_on(load):
    config = load(content())
    assert config.policy("grc").gates.automated == {}
    assert config.mapping("grc").owner("validation_status") is Owner.MLFLOW


def test_promotion(load):
    gates = load(content(promote={"alias": "champion"})).policy("grc").gates
    assert gates.promotion == Promotion("champion", ("approved",), ("critical", "high"), backwards=False)


def test_automated_gates_make_the_connector_the_owner_of_the_status(load):
    mapping = load(content(automated=AUTOMATED)).mapping("grc")
    assert mapping.owner("validation_status") is Owner.COMPUTED
    used = mapping.used.fields[Entity.VERSION]["validation_status"]
    assert (used.owner, used.registry) == (Owner.COMPUTED, ("tag:validation_status",))


def test_a_connection_can_have_gates_of_its_own_or_none(load):
    made = content(automated=AUTOMATED, promote={"alias": "champion"})
    made["connections"]["grc"]["policy"] = {"gates": {"automated": {"high": {"metadata": ["description"]}}}}
    config = load(with_another(made, policy={"gates": None}, scope={"include": ["other-*"]}))
    own = config.policy("grc").gates
    assert own.automated["high"].metadata == ("description",)
    assert own.automated["high"].metrics != ()
    assert config.policy("other").gates is None


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        ({"stages": {"hihg": ["automated"]}}, ("policy.gates.stages.hihg", "no tier", "high")),
        ({"automated": {"hihg": {}}}, ("policy.gates.automated.hihg", "no tier", "high")),
        ({"automated": {"high": {"metadata": ["purpos"]}}}, ("metadata[0]", "no such field", "purpose")),
        ({"stages": {"high": ["legal"]}}, ("policy.gates.stages.high", "automated")),
        ({"automated": {"high": {"metrics": [{"metric": "a", "bound": 1}]}}}, ("operator",)),
        (
            {"automated": {"high": {"metrics": [{"metric": "a", "operator": "at_least", "bound": float("nan")}]}}},
            ("bound",),
        ),
        ({"automated": {"high": {"fairness": [{"metric": "a", "bound": -0.1}]}}}, ("negative bound",)),
        ({"promote": {"alias": "latest"}}, ("MLflow keeps this alias",)),
        ({"promote": {"alias": "v12"}}, ("MLflow keeps this alias",)),
        ({"promote": {"alias": "a b"}}, ("alias",)),
        ({"promote": {"alias": "champion", "statuses": ["pending"]}}, ("statuses",)),
        ({"promote": {"alias": "champion", "statuses": []}}, ("statuses",)),
        ({"autmated": {}}, ("automated",)),
    ],
)
def test_mistakes_say_where_and_what(load, gates, words):
    with pytest.raises(ConfigError) as wrong:
        load(content(**gates)).mapping("grc")
    assert [word for word in words if word not in str(wrong.value)] == []


def test_the_status_has_no_second_owner(load):
    made = content(automated=AUTOMATED)
    made["connections"]["grc"]["owners"] = {"validation_status": "mlflow"}
    with pytest.raises(ConfigError, match=r"owners\.validation_status"):
        load(made).mapping("grc")


def test_metrics_need_a_registry_whose_runs_are_read(load):
    made = content(automated=AUTOMATED)
    made["registries"]["main"]["run_fields"] = False
    with pytest.raises(ConfigError, match="reads no runs"):
        load(made).mapping("grc")
    made["policy"]["gates"]["automated"] = {"high": {"metadata": ["purpose"]}}
    assert load(made).mapping("grc")


def test_what_is_left_out_without_an_alias_can_never_be_promoted(load):
    made = content(promote={"alias": "champion"})
    made["policy"]["versions"] = "aliased"
    with pytest.raises(ConfigError, match="no alias before it is promoted"):
        load(made).mapping("grc")


def test_two_connections_do_not_promote_to_one_alias(load):
    made = with_another(content(promote={"alias": "champion"}), registry="main", tag_prefix="other_")
    with pytest.raises(ConfigError, match="set the alias champion"):
        load(made)


def test_a_stage_that_nobody_can_pass_is_told(load):
    config = load(content())
    mapping = config.mapping("grc")
    assert list(stages_without_field(config.policy("grc").gates, mapping)) == []
    version = mapping.platform.entities.version
    fields = {name: one for name, one in version.fields.items() if name != "business_approval"}
    entities = mapping.platform.entities.model_copy(update={"version": version.model_copy(update={"fields": fields})})
    object.__setattr__(mapping, "platform", mapping.platform.model_copy(update={"entities": entities}))
    found = list(stages_without_field(config.policy("grc").gates, mapping))
    assert found == [(tier, Stage.BUSINESS, "business_approval") for tier in ("critical", "high")]
