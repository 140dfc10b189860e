"""The views of the Mistakes page: which digits were read wrong, how far the figures hold, and what breaks them."""
