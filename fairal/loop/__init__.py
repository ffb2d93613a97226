"""The active-learning loop: what is asked next, and the round that answers it."""
