"""Find the best classifier for handwritten digits, then look hard at its mistakes.

    python train.py show               # the graph, with the first lines of these docstrings
    python train.py run                # about ten seconds on two cores
    python train.py run --quick yes    # a smaller search
    python train.py run --seed 7 --test-fraction 0.3

The graph has one of each shape that a flow can take:

          ┌─ try_candidate ─┐                  ┌─ evaluate ───────┐
    start ┼─ try_candidate ─┼─ choose ── refit ┤                  ├─ report ── end
          └─ …              ┘                  └─ analyse_errors ─┘

scikit-learn ships the data (1,797 images of 8 x 8 pixels), so nothing is downloaded.
"""

from typing import Any, NamedTuple

# Imported once, when the run starts. Every task inherits them, so a task costs milliseconds and not another import.
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from stepwell import FlowSpec, Parameter, current, step

# Each family of models with the hyper-parameters to try. The first of each family is all that `--quick yes` tries.
SEARCH: dict[str, list[dict[str, Any]]] = {
    "k nearest neighbours": [{"n_neighbors": 3}, {"n_neighbors": 5}, {"n_neighbors": 3, "weights": "distance"}],
    "logistic regression": [{"C": 0.05}, {"C": 1.0}],
    "random forest": [{"n_estimators": 100}, {"n_estimators": 300}],
    "support vectors": [{"C": 1.0}, {"C": 10.0, "gamma": 0.02}],
}


class Candidate(NamedTuple):
    """One model to try: a family and its hyper-parameters."""

    family: str
    settings: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.family} ({', '.join(f'{name}={value}' for name, value in self.settings.items())})"

    def build(self, seed: int) -> ClassifierMixin:
        """A fresh, unfitted model. `seed` makes those that draw random numbers repeatable."""
        match self.family:
            case "k nearest neighbours":
                return KNeighborsClassifier(**self.settings)
            case "logistic regression":
                return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, **self.settings))
            case "random forest":
                return RandomForestClassifier(random_state=seed, **self.settings)
            case "support vectors":
                return make_pipeline(StandardScaler(), SVC(random_state=seed, **self.settings))
        raise ValueError(f"there is no family of models called {self.family!r}")


class DigitsFlow(FlowSpec):
    """Choose among four families of models for handwritten digits, and explain what the winner gets wrong."""

    test_fraction = Parameter("test-fraction", help="Share of the images kept aside for the final test", default=0.25)
    seed = Parameter("seed", help="Seed of the split and of the models that draw random numbers", default=42)
    folds = Parameter("folds", help="Folds of the cross-validation that compares the candidates", default=5)
    quick = Parameter("quick", help="Try one setting per family only", type=bool, default=False)

    @step
    def start(self) -> None:
        """Load the images, keep a test set aside, and list the candidates."""
        if not 0 < self.test_fraction < 1:
            raise ValueError(f"--test-fraction is a share between 0 and 1, not {self.test_fraction}")
        images, labels = load_digits(return_X_y=True)
        self.train_images, self.test_images, self.train_labels, self.test_labels = train_test_split(
            images, labels, test_size=self.test_fraction, random_state=self.seed, stratify=labels
        )
        self.candidates = [
            Candidate(family, settings)
            for family, choices in SEARCH.items()
            for settings in (choices[:1] if self.quick else choices)
        ]
        print(f"{len(self.train_images)} images to train on, {len(self.test_images)} kept aside for the test")
        print(f"{len(self.candidates)} candidates from {len(SEARCH)} families")
        self.next(self.try_candidate, foreach="candidates")

    @step
    def try_candidate(self) -> None:
        """Cross-validate one candidate. `self.input` is the item of the foreach that this task is for."""
        self.candidate = self.input
        scores = cross_val_score(
            self.candidate.build(self.seed), self.train_images, self.train_labels, cv=self.folds, scoring="accuracy"
        )
        self.score, self.spread = float(scores.mean()), float(scores.std())
        print(f"{self.candidate}: {self.score:.2%} ± {self.spread:.2%}")
        self.next(self.choose)

    @step
    def choose(self, inputs: Any) -> None:
        """Join the candidates, rank them and keep the best. `inputs` are the tasks that were joined, in order."""
        ranking = sorted(inputs, key=lambda task: task.score, reverse=True)
        self.leaderboard = [(str(task.candidate), task.score, task.spread) for task in ranking]
        self.winner = ranking[0].candidate
        # A join starts empty: what differs between its inputs has to be chosen. What is the same in all can be merged.
        self.merge_artifacts(inputs, include=["train_images", "train_labels", "test_images", "test_labels"])

        print("rank  accuracy          candidate")
        for rank, (name, score, spread) in enumerate(self.leaderboard, start=1):
            print(f"{rank:>4}  {score:7.2%} ± {spread:.2%}  {name}")
        self.next(self.refit)

    @step
    def refit(self) -> None:
        """Fit the winner on all training images, then look at it from two sides at the same time."""
        self.model = self.winner.build(self.seed).fit(self.train_images, self.train_labels)
        self.next(self.evaluate, self.analyse_errors)

    @step
    def evaluate(self) -> None:
        """Score the winner on images that no candidate has seen."""
        predicted = self.model.predict(self.test_images)
        self.accuracy = float(accuracy_score(self.test_labels, predicted))
        self.metrics = classification_report(self.test_labels, predicted, output_dict=True)
        print(classification_report(self.test_labels, predicted, digits=3))
        self.next(self.report)

    @step
    def analyse_errors(self) -> None:
        """Find which digits the winner takes for which, and draw its most confident mistake."""
        predicted = self.model.predict(self.test_images)
        self.confusion = confusion_matrix(self.test_labels, predicted)
        mistakes = self.confusion.copy()
        np.fill_diagonal(mistakes, 0)
        self.confused_pairs = [
            (int(true), int(taken), int(mistakes[true, taken])) for true, taken in np.argwhere(mistakes)
        ]
        self.confused_pairs.sort(key=lambda pair: pair[2], reverse=True)
        self.missed = np.flatnonzero(predicted != self.test_labels)
        print(f"{len(self.missed)} of {len(self.test_labels)} images are taken for another digit")
        for true, taken, count in self.confused_pairs[:5]:
            print(f"  {count} x a {true} taken for a {taken}")
        if len(self.missed):
            first = self.missed[0]
            print(f"\nfor example this {self.test_labels[first]}, taken for a {predicted[first]}:\n")
            print(draw(self.test_images[first]))
        self.next(self.report)

    @step
    def report(self, inputs: Any) -> None:
        """Join the two branches into one short summary."""
        self.merge_artifacts(inputs)
        self.summary = {
            "winner": str(self.winner),
            "accuracy": self.accuracy,
            "cross_validated": self.leaderboard[0][1],
            "mistakes": len(self.missed),
            "worst_confusion": self.confused_pairs[0] if self.confused_pairs else None,
        }
        self.next(self.end)

    @step
    def end(self) -> None:
        """Say what came out."""
        print(f"{current.flow_name} run {current.run_id}: {self.summary['winner']} wins")
        print(f"accuracy on the test images: {self.accuracy:.2%} ({self.summary['mistakes']} mistakes)")


def draw(image: np.ndarray[Any, Any]) -> str:
    """The 8 x 8 image as text, dark pixels as dark characters. Pixels are 0 to 16."""
    shades = " .:-=+*#%@"
    rows = image.reshape(8, 8)
    return "\n".join("    " + "".join(shades[int(pixel / 16 * 9)] * 2 for pixel in row) for row in rows)


if __name__ == "__main__":
    DigitsFlow()
