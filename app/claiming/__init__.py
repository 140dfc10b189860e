"""A claim on the Architecture page: the runs that it is judged by, what is told of them, how to make more."""
