"""Azure's own life-cycle policy for what is stored, as a file for whoever runs the account.

Its form is https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure.
"""

from __future__ import annotations

from typing import Any

from pixcrawler_core.storage.units import DATASETS, EXPORTS


def azure_policy(warm_after: int, cold_after: int, container: str = "") -> dict[str, Any]:
    """The policy that moves datasets and exports after so many days without a change; 0 for never.

    `container` is the name of the container, which begins the prefixes there. The policy knows no pins, and
    counts from the last change unless access times are tracked.
    """
    days = {"tierToCool": warm_after, "tierToArchive": cold_after}
    actions = {name: {"daysAfterModificationGreaterThan": each} for name, each in days.items() if each}
    begin = f"{container}/" if container else ""
    rule = {
        "name": "pixcrawler",
        "enabled": bool(actions),
        "type": "Lifecycle",
        "definition": {
            "filters": {
                "blobTypes": ["blockBlob"],
                "prefixMatch": [f"{begin}{kind}/" for kind in (DATASETS, EXPORTS)],
            },
            "actions": {"baseBlob": actions},
        },
    }
    return {"rules": [rule]}
