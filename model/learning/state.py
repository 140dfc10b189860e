"""What a network needs, besides its weights, to go on learning as if it had never been broken off.

That is the optimizer's memory (momenta, averages, the count of steps) and the state of the random numbers
that dropout draws; and where a checkpoint holds averaged weights, the weights themselves. The order of the
digits needs nothing kept: it follows from the recipe's seed and the epoch's number. The annealer and early
stopping need only the recorded epochs.
"""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

LIVE = "live"


def get_state(network: keras.Sequential, live: Sequence[np.ndarray] | None = None) -> dict[str, np.ndarray]:
    """Copies of everything.

    Args:
        network: compiled, its optimizer built.
        live: the weights to go on from, in Keras's order, while averaged ones stand in their place.

    Returns:
        Arrays by names such as "optimizer.0", "random.0" and, where weights are averaged, "live.0".
    """
    found = _variables(network)
    state = {name: np.array(keras.ops.convert_to_numpy(variable)) for name, variable in found.items()}
    return state | {f"{LIVE}.{number}": value for number, value in enumerate(live or ())}


def set_state(network: keras.Sequential, state: Mapping[str, np.ndarray]) -> None:
    """Put everything back.

    Args:
        network: built from the same recipe and compiled, its optimizer built; changed in place.
        state: what ``get_state`` gave.

    Raises:
        ValueError: the state is of another network, or incomplete.
    """
    variables = _variables(network)
    expected = {name: tuple(variable.shape) for name, variable in variables.items()}
    given = {name: array.shape for name, array in state.items()}
    if given != expected:
        odd = sorted(name for name in expected.keys() | given.keys() if expected.get(name) != given.get(name))
        raise ValueError(f"the kept state is of another network: {', '.join(odd)} do not fit")
    for name, variable in variables.items():
        variable.assign(state[name])


def _variables(network: keras.Sequential) -> dict[str, keras.Variable]:
    known = {id(variable) for variable in network.weights}
    random = [variable for variable in network.variables if id(variable) not in known]
    kinds = {"optimizer": network.optimizer.variables, "random": random}
    if network.optimizer.use_ema:
        kinds[LIVE] = network.weights
    return {
        f"{kind}.{number}": variable for kind, found in kinds.items() for number, variable in enumerate(found)
    }
