"""The planned learning rate as a shape a thumb high: what the chosen annealer does, before any training."""

import numpy as np

from app.fields import rate_text
from model.annealing import rate_curve
from model.recipe import Recipe

STEPS = 10  # points for each epoch, as if an epoch had so many batches
MOST_EPOCHS = 60  # of which each gets so many points; the shape of longer plans is the same
DROPS_SHOWN = 4


def sketch_html(recipe: Recipe) -> str:
    """The rate over the epochs, from 0 at the bottom to the highest at the top.

    For reduce-on-plateau, whose drops only the training shows, a pale staircase stands for what would happen
    if validation stopped improving again and again.
    """
    annealer, rate = recipe.annealer, recipe.optimizer.learning_rate
    planned = annealer.name != "plateau"
    if planned:
        rates = rate_curve(annealer, rate, STEPS, min(recipe.epochs, MOST_EPOCHS))
        x = np.linspace(0, 100, len(rates))
    else:
        rates = np.maximum(rate * annealer.factor ** np.arange(DROPS_SHOWN), annealer.min_lr).repeat(2)
        x = np.linspace(0, 100, DROPS_SHOWN + 1).repeat(2)[1:-1]  # upright between two steps
    y = 100 - 96 * rates / float(rates.max())
    points = ", ".join(f"{a:.4g}% {b:.4g}%" for a, b in zip(x, y, strict=True))
    words = _words(recipe)
    return f"""
<figure class="lab-sketch{"" if planned else " lab-unplanned"}">
  <div role="img" aria-label="The planned learning rate: {words}"
    style="clip-path:polygon(0 100%, {points}, 100% 100%)"></div>
  <figcaption aria-hidden="true">{words}</figcaption>
</figure>"""


def _words(recipe: Recipe) -> str:
    annealer, rate = recipe.annealer, rate_text(recipe.optimizer.learning_rate)
    every = "epoch" if annealer.every == 1 else f"{annealer.every} epochs"
    match annealer.name:
        case "plateau":
            return f"{rate}, times {annealer.factor:g} when {annealer.patience} epochs bring nothing better"
        case "step":
            return f"{rate}, times {annealer.factor:g} every {every}"
        case "exponential":
            return f"{rate}, smoothly times {annealer.factor:g} every {every}"
        case "cosine":
            return f"{rate} down to {rate_text(annealer.min_lr)}, along half a cosine"
        case "one-cycle":
            return f"up to {rate}, then down to almost nothing"
    return f"{rate} from the first batch to the last"
