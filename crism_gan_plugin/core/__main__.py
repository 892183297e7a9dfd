"""Runs the command line: ``python -m crism_gan_plugin.core``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
