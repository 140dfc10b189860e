"""The store of runs: what was asked for, what became of it, and every finished epoch's weights.

A run is a row of a database (SQLite beside the files, or PostgreSQL); large arrays are files in the run's own
folder. The laws of this folder:

- A worker writes only through an ``Attempt``, and each of its writes is fenced: it counts only as long as
  the run is running and the attempt is its newest. Of two workers that both believe they own a run, only one
  can write.
- Files come first, the row that names them last. What no row names was never there.
- Time is told by the database's clock alone, so that machines whose clocks differ agree on who is late.
- ``model.runs.records``, ``model.runs.place`` and ``model.runs.queue`` import no SQLAlchemy: a dashboard
  without runs starts without it.
"""
