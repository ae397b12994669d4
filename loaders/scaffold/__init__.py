"""`synapse add`: what it finds out of a database, and the templates that it fills."""
