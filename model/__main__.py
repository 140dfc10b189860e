"""``python -m model``: train, read pictures, score and bundle networks from the command line."""

import sys

from model.commands import main

sys.exit(main())
