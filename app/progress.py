"""How far a run is, as HTML: its state, a bar, speed, time left, newest numbers; before the first, stages.

It is as tall while it waits as when it is done, so that nothing below it ever moves.
"""

import html
from collections.abc import Sequence

from app.seen import Snapshot
from model.history import Epoch

STAGES = ("queued", "starting", "reading the digits", "building the network", "first batch")
STANDING = {
    "queued": "Waiting for its turn",
    "running": "Training",
    "paused": "Paused",
    "stopped": "Stopped",
    "done": "Finished",
    "failed": "Failed",
    "": "Trained beforehand",
}


def progress_html(seen: Snapshot, place: str = "") -> str:
    """The state of a run in a block of one height.

    Args:
        seen: the run as it stands.
        place: its place in the queue and when it should start, in words; "" where nothing is known.
    """
    began = seen.batches.last is not None or len(seen.epochs) > 1
    inner = _tiles(seen) if began or not seen.unfinished else _stages(seen)
    status = seen.run.status if seen.run else "done"
    inner = f"{_head(seen, place)}{_bar(seen)}{inner}"
    return f'<section class="lab-run lab-{status}" aria-label="State of the run">{inner}</section>'


def standing_html(runs: Sequence[Snapshot]) -> str:
    """How far several runs are, in one line; of one that trains, where it is.

    Args:
        runs: as they stand, those that are over included.
    """
    statuses = [seen.run.status if seen.run else "done" for seen in runs]
    counts = {status: statuses.count(status) for status in STANDING if status in statuses}
    said = [f"{count} {STANDING[status].lower()}" for status, count in counts.items() if status != "running"]
    training = [_going(seen) for seen, status in zip(runs, statuses, strict=True) if status == "running"]
    now = max(counts, key=lambda status: (status == "running", status == "queued", counts[status]))
    if len(counts) == 1 and not training:
        said = [f"all {len(runs)} runs"]
    return (
        f'<section class="lab-standing lab-{now}" aria-label="State of the runs"><p class="lab-run-head">'
        f'<span class="lab-dot"></span><b>{STANDING[now]}</b> '
        f"<span>{html.escape(' · '.join([*training, *said]))}</span></p></section>"
    )


def _going(seen: Snapshot) -> str:
    """What a run that trains does now: its stage before the first batch, then its epoch and batch."""
    if seen.batches.last is None and seen.run is not None:
        return seen.run.stage or "starting"
    return _where(seen)


def _head(seen: Snapshot, place: str) -> str:
    run = seen.run
    status = run.status if run else ""
    facts = [place] if status == "queued" and place else []
    if run and run.reason:
        facts.append(run.reason)
    if status == "running" and run and run.wish != "run":
        facts.append(f"will {run.wish} after this batch")
    facts.append(_where(seen))
    if seen.images_per_second:
        facts.append(f"{_rounded(seen.images_per_second)} images/s")
    if seen.seconds_left is not None:
        facts.append(f"{duration(seen.seconds_left)} left" if seen.seconds_left >= 1 else "almost done")
    elif not seen.unfinished and seen.epochs:
        facts.append(f"took {duration(seen.epochs[-1].seconds)}")
    said = " · ".join(html.escape(fact) for fact in facts if fact)
    state = f'<span class="lab-dot"></span><b>{STANDING[status]}</b>'
    return f'<p class="lab-run-head">{state} <span>{said}</span></p>'


def _where(seen: Snapshot) -> str:
    last, total = seen.batches.last, seen.recipe.epochs
    if seen.unfinished and last and seen.steps_per_epoch:
        epoch, batch = divmod(last.step, seen.steps_per_epoch)
        return f"epoch {epoch + 1} of {total}, batch {batch + 1} of {seen.steps_per_epoch}"
    done = seen.epochs[-1].epoch if seen.epochs else 0
    return f"{done} of {total} epochs" if done else f"{total} epochs to come"


def _bar(seen: Snapshot) -> str:
    total, last = seen.recipe.epochs, seen.batches.last
    done = float(seen.epochs[-1].epoch if seen.epochs else 0)
    if last and seen.steps_per_epoch:
        done = max(done, (last.step + 1) / seen.steps_per_epoch)
    share = min(1.0, done / total)
    return (
        f'<div class="lab-progress" role="progressbar" aria-label="Epochs done" aria-valuemin="0" '
        f'aria-valuemax="{total}" aria-valuenow="{done:.2f}"><span style="width:{share:.2%}"></span></div>'
    )


def _stages(seen: Snapshot) -> str:
    run = seen.run
    now = "queued" if run is None or run.status == "queued" else (run.stage or "starting")
    at = STAGES.index(now) if now in STAGES else len(STAGES)
    items = "".join(
        f'<li class="{"lab-past" if place < at else "lab-now" if place == at else ""}"'
        f"{' aria-current=step' if place == at else ''}>{name}</li>"
        for place, name in enumerate(STAGES)
    )
    return f'<ol class="lab-stages" aria-label="What happens before the first point">{items}</ol>'


def _tiles(seen: Snapshot) -> str:
    finished = [epoch for epoch in seen.epochs if epoch.epoch >= 1]
    last = finished[-1] if finished else None
    tiles = [
        _tile("Validation accuracy", "validation", _accuracy(last), _best(finished)),
        _tile(
            "Validation loss",
            "validation",
            _loss(last, True),
            f"after epoch {last.epoch}" if last else "after epoch 1",
        ),
        _tile("Training loss", "training", *_training_loss(seen, last)),
        _tile("Learning rate", "rate", _rate(seen), _outlook(seen)),
    ]
    return f'<div class="lab-tiles">{"".join(tiles)}</div>'


def _tile(name: str, colour: str, value: str, remark: str) -> str:
    return (
        f'<div class="lab-tile" style="--tile:var(--lab-{colour})"><span>{name}</span>'
        f"<b>{html.escape(value)}</b><small>{html.escape(remark)}</small></div>"
    )


def _accuracy(last: Epoch | None) -> str:
    return "–" if last is None or last.validation_accuracy is None else f"{last.validation_accuracy:.1%}"


def _loss(last: Epoch | None, validation: bool) -> str:
    value = None if last is None else last.validation_loss if validation else last.loss
    return "–" if value is None else f"{value:.3f}"


def _best(finished: list[Epoch]) -> str:
    scored = [epoch for epoch in finished if epoch.validation_accuracy is not None]
    if not scored:
        return "read after every epoch"
    best = max(scored, key=lambda epoch: epoch.validation_accuracy or 0.0)
    if best is scored[-1] and len(scored) > 1:
        return "the best so far"
    return f"best {best.validation_accuracy:.1%}, epoch {best.epoch}"


def _training_loss(seen: Snapshot, last: Epoch | None) -> tuple[str, str]:
    batch = seen.batches.last
    if seen.unfinished and batch is not None:
        return f"{batch.loss:.3f}", "in the newest batch"
    return _loss(last, False), f"mean of epoch {last.epoch}" if last else "mean of an epoch"


def _rate(seen: Snapshot) -> str:
    batch = seen.batches.last
    if seen.unfinished and batch is not None:
        return f"{batch.learning_rate:.2g}"
    return f"{seen.epochs[-1].learning_rate:.2g}" if seen.epochs else "–"


def _outlook(seen: Snapshot) -> str:
    """What the annealer will do next, in four words."""
    annealer = seen.recipe.annealer
    if annealer.name == "none":
        return "stays as it is"
    if annealer.name != "plateau":
        return f"as {annealer.name} plans it"
    watch = seen.epochs[-1].watch if seen.epochs else None
    if watch is None or not seen.unfinished:
        return f"{len(seen.drops)} {'drop' if len(seen.drops) == 1 else 'drops'}"
    if watch.reason == "dropped":
        return f"dropped from {watch.rate_before:.2g}"
    if watch.reason == "at the lowest rate":
        return "the lowest there is"
    if watch.cooldown_left:
        return f"cools down for {watch.cooldown_left}"
    left = watch.patience_left
    return f"patience: {left} {'epoch' if left == 1 else 'epochs'}"


def duration(seconds: float) -> str:
    """A time for people: "8 s", "1 min 20 s", "2 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _rounded(number: float) -> str:
    """To two digits, as much as a speed is worth: 3,400."""
    digits = max(0, len(f"{number:.0f}") - 2)
    return f"{round(number, -digits):,.0f}"
