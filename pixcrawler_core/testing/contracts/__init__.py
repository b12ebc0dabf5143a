"""Contract tests for plugins: subclass one in a test module, set `component`, and pytest runs the rest.

    class TestBlur(ValidatorContract):
        component = next(blur.register_validators())

pytest itself is not imported here; its fixture `tmp_path` is asked for by name.
"""

from pixcrawler_core.testing.contracts.deduper import DeduperContract
from pixcrawler_core.testing.contracts.dispatcher import DispatcherContract
from pixcrawler_core.testing.contracts.expander import ExpanderContract
from pixcrawler_core.testing.contracts.exporter import ExporterContract
from pixcrawler_core.testing.contracts.labeler import LabelerContract
from pixcrawler_core.testing.contracts.meter import MeterContract
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.testing.contracts.sink import SinkContract
from pixcrawler_core.testing.contracts.store import StoreContract
from pixcrawler_core.testing.contracts.validator import ValidatorContract

__all__ = [
    "DeduperContract",
    "DispatcherContract",
    "ExpanderContract",
    "ExporterContract",
    "LabelerContract",
    "MeterContract",
    "PartContract",
    "SinkContract",
    "StoreContract",
    "ValidatorContract",
]
