"""What figures show, in words: their alt texts."""

from collections.abc import Sequence

from app.charts.curves import value_text
from app.charts.overlay import Group, guesses
from app.seen import Snapshot
from model.history import Epoch
from model.recipe import Recipe


def curves_alt(seen: Snapshot) -> str:
    """What the curves of a run show."""
    finished = [epoch for epoch in seen.epochs if epoch.epoch >= 1]
    if not finished:
        return f"Loss, accuracy and learning rate over {seen.recipe.epochs} epochs. No epoch is finished yet."
    first, last = finished[0], finished[-1]
    said = [f"Loss, accuracy and learning rate after {last.epoch} of {seen.recipe.epochs} epochs."]
    if last.validation_accuracy is not None:
        said.append(
            f"Validation accuracy went from {value_text('accuracy', first.validation_accuracy)} after the "
            f"first to {value_text('accuracy', last.validation_accuracy)}, validation loss from "
            f"{value_text('loss', first.validation_loss)} to {value_text('loss', last.validation_loss)}."
        )
    if last.loss is not None:
        said.append(f"Training loss is {last.loss:.4f}, the learning rate {last.learning_rate:.3g}.")
    return " ".join([*said, _drops(seen)]).strip()


def xray_alt(seen: Snapshot) -> str:
    """What the X-ray of an annealer shows."""
    annealer = seen.recipe.annealer
    watched = [epoch.watch for epoch in seen.epochs if epoch.watch]
    said = [f"Validation {annealer.monitor} after each epoch, the best so far, and the patience left."]
    if watched:
        last = watched[-1]
        said.append(
            f"The newest value is {value_text(annealer.monitor, last.value)}, {last.reason}; "
            f"{last.patience_left} of {annealer.patience} epochs of patience are left."
        )
    return " ".join([*said, _drops(seen)]).strip()


def preview_alt(recipe: Recipe) -> str:
    """What the planned rate curve of a recipe shows."""
    annealer, rate = recipe.annealer, recipe.optimizer.learning_rate
    kinds = {
        "plateau": f"stays at {rate:g} until validation {annealer.monitor} stops improving",
        "step": f"starts at {rate:g} and is multiplied by {annealer.factor:g} every {annealer.every} epochs",
        "exponential": f"falls smoothly from {rate:g}, by {annealer.factor:g} every {annealer.every} epochs",
        "cosine": f"falls from {rate:g} to {annealer.min_lr:g} along half a cosine",
        "one-cycle": f"climbs to {rate:g} and then falls to almost nothing",
        "none": f"stays at {rate:g}",
    }
    return f"The planned learning rate over {recipe.epochs} epochs: it {kinds[annealer.name]}."


def _drops(seen: Snapshot) -> str:
    if not seen.drops:
        return ""
    after = [str(epoch.epoch) for epoch in seen.drops]
    listed = after[0] if len(after) == 1 else f"{', '.join(after[:-1])} and {after[-1]}"
    return f"The rate was dropped after {'epoch' if len(after) == 1 else 'epochs'} {listed}."


def drop_sentences(seen: Snapshot) -> list[str]:
    """A sentence for each drop, newest first: why it came, and what happened to validation loss after it."""
    drops = seen.drops
    ends = [drop.epoch for drop in drops[1:]] + [epoch.epoch for epoch in seen.epochs[-1:]]
    return [_sentence(seen, drop, end) for drop, end in zip(drops, ends, strict=False)][::-1]


def _sentence(seen: Snapshot, drop: Epoch, end: int) -> str:
    watch, at = drop.watch, drop.epoch
    assert watch is not None
    start = (
        f"After epoch {at} the rate went from {watch.rate_before:.3g} to {watch.rate_after:.3g}: "
        f"for {_epochs(seen.recipe.annealer.patience)} validation {watch.monitor} was no better than "
        f"{value_text(watch.monitor, watch.best)}."
    )
    losses = {epoch.epoch: epoch.validation_loss for epoch in seen.epochs}
    length = end - at
    here, later, earlier = losses.get(at), losses.get(end), losses.get(at - length)
    if here is None or later is None or length < 1:
        return f"{start} The next epoch will show what that does to validation loss."
    told = f"{start} In the {_epochs(length)} since, validation loss {_moved(here, later)}"
    if earlier is not None:
        told += f"; in the {_epochs(length)} before, it {_moved(earlier, here)}"
    return f"{told}."


def _epochs(count: int) -> str:
    return "epoch" if count == 1 else f"{count} epochs"


def _moved(start: float, end: float) -> str:
    if abs(end - start) < 0.005 * start:
        return f"stayed at {end:.4f}"
    return f"{'fell' if end < start else 'rose'} from {start:.4f} to {end:.4f}"


def overlay_alt(groups: Sequence[Group]) -> str:
    """What an overlay of runs shows."""
    said = ["Validation loss, validation accuracy and learning rate on the same axes."]
    for group in groups:
        accuracies = group.final_accuracies
        if accuracies:
            mean = sum(accuracies) / len(accuracies)
            of = f"mean of {len(accuracies)} seeds" if len(accuracies) > 1 else "one run"
            said.append(f"{group.letter} stands at {value_text('accuracy', mean)} ({of}).")
    said += [f"A star for the guess of {group.letter} is at {guess:.1%}." for group, guess in guesses(groups)]
    return " ".join(said)
