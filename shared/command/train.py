"""`hotline train`: learn from a city's own history who handles what. Needs no pack and nothing running."""

import argparse
import sys
from pathlib import Path
from time import perf_counter

from shared.command.learning import UNUSABLE, city_and_history, opened
from shared.command.learning_words import figures
from shared.command.paths import data_base
from shared.learning.history import HistoryError
from shared.learning.model_file import save
from shared.learning.training import train


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the history and the place for the model."""
    city_and_history(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: `models` in the data folder")


def run(args: argparse.Namespace) -> int:
    """Train, store the model and print its held-out scores; 2 with a sentence if the history cannot be used."""
    began = perf_counter()
    folder = args.out or data_base() / "models"
    try:
        history = opened(args)
        trained = train(history)
        path = folder / f"{args.city}-{history.fingerprint[:12]}.npz"
        size = save(trained.model, path)
    except HistoryError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        print(f"{folder}：写不进去（{error.strerror}），请用 --out 指定别处。 / Cannot be written.", file=sys.stderr)
        return 1
    print(f"{len(history.examples)} 行 rows, {len(trained.model.labels)} 个标签 labels, {perf_counter() - began:.1f} s")
    print("五折留出 / held out in five folds: " + figures(trained.scores))
    print(f"{path}  {size / 1e6:.1f} MB")
    return 0
