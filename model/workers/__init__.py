"""The workers: processes of their own in which networks are trained and many digits are looked at (Dask).

- ``calls``: work has a name, "module:function", so that whoever asks for it needn't import it.
- ``duty``: what happens in a worker.
- ``host``: the process that holds this machine's scheduler and workers.
- ``cluster``: the way to the workers, on this machine or wherever DIGIT_LAB_SCHEDULER says.
- ``foreman``: keeps the store of runs and the workers together.

The law of this folder: it imports Dask only in functions or in modules that nobody imports before the first
training, and never ``model.learning``: that is loaded in the workers, by name.
"""
