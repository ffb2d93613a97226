"""A collection as a source of the loop: split, keys, hidden masks, waiting, and what changed since launch."""
