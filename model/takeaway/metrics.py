"""The record of a run as a table: comma-separated, as every spreadsheet opens it."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields

from model.history import Batch, Epoch, Watch

_EPOCH = [field.name for field in fields(Epoch) if field.name != "watch"]
_WATCH = [field.name for field in fields(Watch)]
_BATCH = [field.name for field in fields(Batch)]


def epochs_csv(epochs: Iterable[Epoch]) -> str:
    """The epochs, a line each, epoch 0 first; what was not measured is left empty.

    The first columns are the epoch's own, the others begin with "watch_": what the annealer saw and did.
    """
    head = [*_EPOCH, *(f"watch_{name}" for name in _WATCH)]
    return _table(head, ([*_values(e, _EPOCH), *_values(e.watch, _WATCH)] for e in epochs))


def batches_csv(batches: Iterable[Batch]) -> str:
    """The batches, a line each."""
    return _table(_BATCH, (_values(batch, _BATCH) for batch in batches))


def _values(record: object, names: Sequence[str]) -> list[object]:
    return [getattr(record, name, None) for name in names]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
