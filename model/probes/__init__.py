"""Probes: functions that look inside a network and return arrays, free of any screen, for notebooks too.

Which ink does the bundled network's reading of a digit rest on, cell by cell?

    from model.checkpoint import load_checkpoint
    from model.datasets import load_digits
    from model.probes.saliency import integrated_gradients
    digit = load_digits("mini", "validation").images[0]
    print(integrated_gradients(load_checkpoint("classic").network, digit, target=7).round(2))

Laws of this folder: NumPy alone; a probe takes a network (or a checkpoint) and arrays, changes neither, and
says in its docstring the shapes, units and the paper it follows.
"""
