"""What the package brings keeps ferbench's contracts."""

from types import MappingProxyType

from ferbench_example.executor import one_by_one

from benchmarks.execution.executors.contract import Executor, ExecutorSettings
from benchmarks.testing.data_sets import DataSetContract
from benchmarks.testing.engines import EngineContract
from benchmarks.testing.executors import ExecutorContract
from benchmarks.testing.models import ModelContract


class TestModels(ModelContract):
    names = ("example-tiny", "example-softmax")


class TestStripes(DataSetContract):
    name = "example-stripes"
    options = MappingProxyType({"images": 30})


class TestSoftmax(EngineContract):
    name = "numpy-softmax"


class TestOneByOne(ExecutorContract):
    capacity = 1

    @staticmethod
    def make(settings: ExecutorSettings) -> Executor:
        return one_by_one(settings)
