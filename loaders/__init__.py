"""Dump SQLite databases into PostgreSQL, raw and lossless, and account for every row."""


class Problem(Exception):  # noqa: N818 - a person reads it, and has no error to report
    """Something a person has to put right, said in one sentence per argument.

    The command line prints each sentence on stderr and exits with 1.
    """

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell the person, at least one."""
        return tuple(str(sentence) for sentence in self.args)
