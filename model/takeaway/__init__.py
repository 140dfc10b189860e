"""The take-away: what a student carries home from a run, to go on without the lab.

`script` writes a recipe as a program of plain Keras, `metrics` the record of a run as a table. Nothing here
imports Keras: a script is text.
"""

from model.takeaway.metrics import batches_csv, epochs_csv
from model.takeaway.names import START_FILE, file_name
from model.takeaway.script import to_script

__all__ = ["START_FILE", "batches_csv", "epochs_csv", "file_name", "to_script"]
