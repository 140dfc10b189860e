"""A digit's way through a network as a row of pictures: computed, from its pixels to ten probabilities."""

import html

import numpy as np

from app.pixels import sheet, to_html
from app.reading import bars_html
from model.checkpoint import Checkpoint
from model.layers import Activation, AveragePooling2D, Conv2D, Dense, MaxPooling2D
from model.verdict import Verdict

MOST_MAPS = 16  # in a picture of four by four
COLUMNS = 4


def journey_html(checkpoint: Checkpoint, values: tuple[np.ndarray, ...]) -> str:
    """The row of pictures.

    Args:
        checkpoint: the network.
        values: what `Network.values` gives for one digit, the axis of digits dropped.
    """
    digit = np.rint(values[0][..., 0] * 255).astype(np.uint8)
    stages = [_stage("The digit", "28 × 28 pixels", digit, "The digit that is read")]
    stages += [_maps(title, text, values[place + 1]) for place, title, text in _shown(checkpoint)]
    features = values[_last_dense(checkpoint)]
    if features.ndim == 1:
        stages.append(_features(features))
    verdict = Verdict(values[-1])
    answer = f'<div class="lab-stage lab-answer">{bars_html(verdict)}<p><b>Ten probabilities</b>'
    answer += f"<span>it reads {verdict.digit}</span></p></div>"
    arrow = '<span class="lab-arrow" aria-hidden="true">→</span>'
    return f'<div class="lab-journey">{arrow.join([*stages, answer])}</div>'


def _last_dense(checkpoint: Checkpoint) -> int:
    """The place among the values of what the last dense layer gets; that of the digit where there is none."""
    places = (place for place, layer in enumerate(checkpoint.recipe.layers) if isinstance(layer, Dense))
    return max(places, default=0)


def _shown(checkpoint: Checkpoint) -> list[tuple[int, str, str]]:
    """The layers worth a picture, the first activation and every pooling, each with its words."""
    shapes = checkpoint.recipe.shapes
    layers = [each for each in enumerate(checkpoint.recipe.layers) if len(shapes[each[0] + 1]) == 3]
    first = next((place for place, layer in layers if isinstance(layer, Conv2D)), len(layers))
    shown = [
        (place, "Strokes and edges", ", each where one filter finds its pattern")
        for place, layer in layers
        if place > first and isinstance(layer, Activation)
    ][:1]
    for place, layer in layers:
        if isinstance(layer, MaxPooling2D | AveragePooling2D):
            size = f"{layer.pool_size} × {layer.pool_size}"
            what = "the strongest" if isinstance(layer, MaxPooling2D) else "the mean"
            again = sum(title.startswith("Pooled") for _, title, _ in shown)
            shown.append(
                (place, "Pooled again" if again else "Pooled", "" if again else f", of each {size} {what}")
            )
    return sorted(shown)


def _maps(title: str, text: str, value: np.ndarray) -> str:
    height, width, count = value.shape
    # the most active maps, in the network's own order
    shown = np.sort(np.argsort(-value.mean(axis=(0, 1)), kind="stable")[:MOST_MAPS])
    some = "" if count <= MOST_MAPS else f" ({len(shown)} shown)"
    said = f"{count} maps of {height} × {width}{text}{some}"
    return _stage(title, said, sheet(value[..., shown], COLUMNS), f"{title}: {said}")


def _features(features: np.ndarray) -> str:
    columns = int(np.ceil(np.sqrt(len(features))))
    cells = np.zeros(columns * -(-len(features) // columns))
    cells[: len(features)] = features
    picture = sheet(cells.reshape(-1, columns, 1), 1)
    return _stage(
        "Features", f"{len(features)} numbers", picture, "The last hidden layer's numbers, bright is large"
    )


def _stage(title: str, text: str, pixels: np.ndarray, alt: str) -> str:
    return (
        f'<div class="lab-stage">{to_html(pixels, alt)}'
        f"<p><b>{html.escape(title)}</b><span>{html.escape(text)}</span></p></div>"
    )
