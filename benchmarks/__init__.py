"""How fast databases load, compared with other ways of loading them, and whether every value arrives."""
