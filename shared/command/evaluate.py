"""`hotline evaluate`: how well a city's history can be learnt, on texts that were held out. Stores nothing."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from shared.command.learning import UNUSABLE, city_and_history, opened, opened_test
from shared.command.learning_words import report
from shared.learning.history import Example, HistoryError
from shared.learning.model import Model
from shared.learning.model_file import to_bytes
from shared.learning.training import cross_examine, examine, train

_TIMED, _BATCH, _BATCHES = 200, 100, 9


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the history, what else to test on, and the form of the answer."""
    city_and_history(parser)
    parser.add_argument("--test", type=Path, metavar="FILE2.csv", help="score on these rows, not in five folds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the scores; 2 with a sentence if a file cannot be used."""
    try:
        history = opened(args)
        test = opened_test(args.test) if args.test else None
        model = train(history).model
        tested = examine(model, test.examples) if test else cross_examine(history)
    except HistoryError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    single, batch = _speed(model, (test or history).examples)
    found = {
        **tested.scores.rounded(),
        "ms_single": round(single, 3),
        "ms_batch100": round(batch, 3),
        "model_mb": round(len(to_bytes(model)) / 1e6, 2),
        "rows": len(tested.truth),
        "labels": len(model.labels),
    }
    print(json.dumps(found) if args.json else report(tested, found))
    return 0


def _speed(model: Model, examples: Sequence[Example]) -> tuple[float, float]:
    """Return milliseconds for one text alone, and for one of a batch of 100; the median, for other work interrupts."""
    texts = [one.text for one in examples[:_TIMED]]
    batch = (texts * _BATCH)[:_BATCH]
    alone = [_milliseconds(model, [text]) for text in texts]
    together = [_milliseconds(model, batch) for _ in range(_BATCHES)]
    return median(alone), median(together) / _BATCH


def _milliseconds(model: Model, texts: Sequence[str]) -> float:
    began = perf_counter()
    model.probabilities(texts)
    return (perf_counter() - began) * 1000
