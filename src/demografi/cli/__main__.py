"""``python -m demografi.cli``."""

from demografi.cli import main

if __name__ == "__main__":
    main()
