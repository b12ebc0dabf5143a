"""The policy by which Azure itself moves what is old."""

from __future__ import annotations

import jsonschema
import pytest

from pixcrawler_core.storage.azure_policy import azure_policy

DAYS = {"type": "number", "minimum": 0, "multipleOf": 1}
AFTER = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "daysAfterModificationGreaterThan": DAYS,
        "daysAfterCreationGreaterThan": DAYS,
        "daysAfterLastAccessTimeGreaterThan": DAYS,
        "daysAfterLastTierChangeGreaterThan": DAYS,
    },
}
FILTERS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["blobTypes"],
    "properties": {
        "blobTypes": {"type": "array", "items": {"enum": ["blockBlob", "appendBlob"]}, "minItems": 1},
        "prefixMatch": {"type": "array", "items": {"type": "string"}, "maxItems": 10},
        "blobIndexMatch": {"type": "array", "maxItems": 10},
    },
}
BASE_BLOB = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        **dict.fromkeys(("tierToCool", "tierToCold", "tierToArchive", "tierToHot", "delete"), AFTER),
        "enableAutoTierToHotFromCool": {"type": "boolean"},
    },
}
RULE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "type", "definition"],
    "properties": {
        "enabled": {"type": "boolean"},
        "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9-]{0,255}$"},
        "type": {"const": "Lifecycle"},
        "definition": {
            "type": "object",
            "additionalProperties": False,
            "required": ["actions"],
            "properties": {
                "filters": FILTERS,
                "actions": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"baseBlob": BASE_BLOB, "snapshot": {}, "version": {}},
                },
            },
        },
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["rules"],
    "properties": {"rules": {"type": "array", "items": RULE, "minItems": 1, "maxItems": 100}},
}
"""`ManagementPolicySchema` of Microsoft.Storage's resource provider (API version 2023-05-01), with the limits
of "Azure Blob Storage lifecycle management policy structure"."""


@pytest.mark.parametrize(
    ("days", "names"), [((30, 90), ["tierToArchive", "tierToCool"]), ((9, 0), ["tierToCool"])]
)
def test_the_policy_is_as_azure_wants_it(days: tuple[int, int], names: list[str]) -> None:
    """Prefixes begin with the container's name, and each tier has its days."""
    policy = azure_policy("pixcrawler", *days)
    jsonschema.validate(policy, SCHEMA)
    (rule,) = policy["rules"]
    assert all(prefix.startswith("pixcrawler/") for prefix in rule["definition"]["filters"]["prefixMatch"])
    actions = rule["definition"]["actions"]["baseBlob"]
    assert sorted(actions) == names
    assert actions["tierToCool"]["daysAfterModificationGreaterThan"] == days[0]
    if days[1]:
        archived = {"daysAfterModificationGreaterThan": sum(days), "daysAfterLastTierChangeGreaterThan": 7}
        assert actions["tierToArchive"] == archived


def test_a_policy_that_moves_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="neither warm_after nor cold_after"):
        azure_policy("pixcrawler", 0, 0)
