"""Azure's own life-cycle policy for what is stored, as a file for whoever runs the account.

Its form is https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure.
"""

from __future__ import annotations

from typing import Any

from pixcrawler_core.storage.units import DATASETS, EXPORTS

REST = 7
"""Days that what was moved, and above all rehydrated, is left where it is before it is archived again."""


def azure_policy(place: str, warm_after: int, cold_after: int) -> dict[str, Any]:
    """The policy that moves the datasets and exports in a place after so many days; 0 for never.

    The place is a container, or a folder in one: `CONTAINER/PREFIX`.

    Days count from when an object was put; there are no pins. What is hot becomes cold when it is older than
    both together, as it does by the sweeper. Raises ValueError if nothing is ever moved.
    """
    actions: dict[str, dict[str, int]] = {}
    if warm_after:
        actions["tierToCool"] = {"daysAfterModificationGreaterThan": warm_after}
    if cold_after:
        actions["tierToArchive"] = {
            "daysAfterModificationGreaterThan": warm_after + cold_after,
            "daysAfterLastTierChangeGreaterThan": REST,
        }
    if not actions:
        raise ValueError("neither warm_after nor cold_after says when anything moves")
    filters = {
        "blobTypes": ["blockBlob"],
        "prefixMatch": [f"{place}/{kind}/" for kind in (DATASETS, EXPORTS)],
    }
    definition = {"filters": filters, "actions": {"baseBlob": actions}}
    rule = {"name": "pixcrawler", "enabled": True, "type": "Lifecycle", "definition": definition}
    return {"rules": [rule]}
