"""What the tests add: a file with a model and a data set, an executor, and rows."""

FILE = '''"""A model and a data set of somebody's own."""

import numpy as np

from datasets.records import Provenance
from datasets.registry import Decoded, Sample, data_set
from models.registry import BuildRequest, Network, Recipe, architecture


@architecture(
    name="my-network",
    engine="torch",
    summary="a mean and a layer",
    source="a test",
    recipe=Recipe(learning_rate=0.05),
)
def my_network(request: BuildRequest) -> Network:
    """Return each quarter's mean brightness, with a fresh head."""
    from torch import nn

    backbone = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.BatchNorm1d(4))
    return Network(backbone, nn.Linear(4, request.classes))


@data_set(name="my-data", summary="a lit half", origin="a test", licence="MIT", needs_path=False)
def my_data(path, options):
    """Light the left or the right half of a noisy image."""

    def samples():
        for number in range(120):
            image = np.random.default_rng(number).integers(0, 200, (12, 12, 1))
            image[:, 6 * (number % 2) :][:, :6] += 40
            yield Sample(image.astype(np.uint8), number % 2, f"{number:03d}", "")

    return Decoded(
        class_names=("left", "right"),
        image_shape=(12, 12, 1),
        count=120,
        samples=samples,
        provenance=lambda: Provenance("unofficial"),
    )
'''

EXECUTOR = """
from pathlib import Path

from benchmarks.execution.executors.contract import ExecutorSpec
from benchmarks.execution.executors.local import ProcessExecutor


class NotingExecutor(ProcessExecutor):
    def submit(self, job):
        with Path(__file__).with_name("jobs.txt").open("a") as notes:
            print(type(job).__name__, job.variant, file=notes)
        super().submit(job)


NOTING = ExecutorSpec("noting", NotingExecutor)
"""

ROWS = '''"""Read by every Python that starts with this folder on its path."""

import numpy as np

from benchmarks import metrics
from benchmarks.data import corruptions, mistakes


def lead(labels, probabilities):
    places = np.arange(len(labels))
    others = probabilities.copy()
    others[places, labels] = 0
    return float((probabilities[places, labels] - others.max(axis=1)).mean()) - 1


metrics.METRICS += (
    metrics.Metric(
        "lead",
        "Lead",
        "Mean probability of the label less that of the likeliest other class, less 1.",
        lead,
        validated_as="validation_lead",
        fraction=False,
    ),
)

# The mistakes that need a training of their own are left out: each costs a whole run.

corruptions.CORRUPTIONS += (
    corruptions.Corruption(
        name="posterise",
        title="Fewer greys",
        severities=(0.1, 0.2, 0.4),
        apply=lambda image, severity, chance: image - image % max(2, int(255 * severity)),
        legend="the width of a step of grey, in parts of the range",
        seed=6,
    ),
)
mistakes.COUNTERPARTS = ()
mistakes.MISTAKES = (
    *(mistake for mistake in mistakes.MISTAKES if not mistake.trained),
    mistakes.Mistake(
        name="worst-of-seeds",
        title="Reporting the worst of several seeds",
        description="the worst test score is reported",
        reporting=lambda right: mistakes.Reported("test", (int(right.mean(axis=1).argmin()),)),
        fewest_seeds=2,
    ),
)
'''

PROTOCOL = """
name = "mine"
controls = false
selection = "lead"
data = { set = "my-data" }
tuning = { trials = 1, rungs = [1] }
fit = { epochs = 3, seeds = [0] }
robustness = { images = 20 }
variants = [{ architecture = "my-network" }]
"""

LABORATORY = """
name = "laboratory"
leaks = {}
data = { set = "my-data" }
tuning = { trials = 1, rungs = [1] }
fit = { epochs = 2, seeds = [0, 1] }
variants = [{ architecture = "pixel-logistic" }]
"""

OUTSIDE = """
name = "outside"
controls = false
data = { set = "synthetic-faces", options = { scale = 0.05 } }
tuning = { trials = 1, rungs = [1] }
fit = { epochs = 2, seeds = [0] }
variants = [{ architecture = "example-softmax" }]
"""

PAGE_ROWS = '''
from dataclasses import dataclass

from jinja2 import ChoiceLoader, DictLoader

from benchmarks.evaluation import leaderboard
from benchmarks.report import page
from benchmarks.report.elements.outline import Content, Section
from benchmarks.machine.templates import templates

leaderboard.COLUMNS += (
    leaderboard.BoardColumn(
        name="longest_fit",
        value=lambda row: max((fit.record.epochs_run for fit in row.fits), default=None),
        kind="whole",
        page="Longest fit, epochs",
        definition="The most epochs of its fits.",
    ),
)


@dataclass(frozen=True)
class Names(Content):
    names: tuple[str, ...]


TEMPLATE = """<section aria-labelledby="names"><h2 id="names">Names alone</h2>
<p>{{ section.names|join(" and ") }}</p></section>"""
page.SECTIONS += (
    Section(
        "names",
        "Names",
        "_names.html.j2",
        lambda given: Names(tuple(variant.name for variant in given.run.variants)),
    ),
)
added = DictLoader({"_names.html.j2": TEMPLATE})
templates().loader = ChoiceLoader([added, templates().loader])
'''

FORMAT_ROW = """
from dataclasses import replace

from benchmarks.engines import registry
from benchmarks.engines.spec import ExportFormat

ARRAYS = ExportFormat(name="arrays", suffix=".npz", contents="weights", writer="arrays:write")
registry.ENGINES = tuple(
    replace(spec, formats=(*spec.formats, ARRAYS)) if spec.name == "torch" else spec
    for spec in registry.ENGINES
)
"""

WRITER = """
import numpy as np

from benchmarks.engines.exporting import Copies
from benchmarks.engines.registry import load_engine


def write(model, card, file):
    np.savez(file, card=card.text, **model.predictor.weights())
    again = load_engine("torch").restore(model.folder, model.registry)
    with np.load(file) as kept:
        again.load_weights({name: kept[name] for name in kept.files if name != "card"})
    return Copies(reference=model.predictor.predict, loaded=again.predict)
"""
