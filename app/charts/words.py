"""What figures show, in words: their alt texts."""

from app.charts.curves import value_text
from app.snapshots import Snapshot
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
            f"Validation accuracy went from {value_text('accuracy', first.validation_accuracy)} after the first "
            f"to {value_text('accuracy', last.validation_accuracy)}, validation loss from "
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
