"""What the package brings keeps ferbench's contracts."""

from types import MappingProxyType

from benchmarks.testing.data_sets import DataSetContract
from benchmarks.testing.models import ModelContract


class TestTiny(ModelContract):
    names = ("example-tiny",)


class TestStripes(DataSetContract):
    name = "example-stripes"
    options = MappingProxyType({"images": 30})
