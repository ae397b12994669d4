"""The report as one HTML file: is everything there, how fresh is it, what do the numbers say."""
