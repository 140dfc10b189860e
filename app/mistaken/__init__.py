"""The views of the Mistakes page: which digits were read wrong, and how far the figures hold."""
