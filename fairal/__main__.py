"""``python -m fairal`` is the command ``fairal``."""

from fairal.cli import main

if __name__ == "__main__":
    main()
