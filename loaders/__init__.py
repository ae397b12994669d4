"""Dump SQLite databases into PostgreSQL, raw and lossless, and account for every row."""

LONGEST_SENTENCE = 600  # characters: a few lines of a terminal
ADVICE = 200  # characters at the end of a sentence, which say what to do


class Problem(Exception):  # noqa: N818 - a person reads it, and has no error to report
    """Something a person has to put right, said in one sentence per argument.

    The command line prints each sentence on stderr and exits with 1. `load_id` is the ledger's entry, if there is one.
    """

    load_id: int | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell the person, at least one, each fit to be printed."""
        return tuple(printable(str(sentence)) for sentence in self.args)


def escaped(text: str) -> str:
    """The same text with its control characters spelled out, because a terminal obeys them."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def printable(text: str, longest: int = LONGEST_SENTENCE) -> str:
    """One line for people, whatever a file or a server put into it.

    White space becomes one blank and control characters are escaped. Of more than `longest` characters the middle is
    left out, because the end of a sentence says what to do.
    """
    line = " ".join(text.split())
    if len(line) > 4 * longest:  # not a megabyte, letter by letter
        line = line[: 2 * longest] + line[-2 * longest :]
    line = escaped(line)
    if len(line) <= longest:
        return line
    tail = min(ADVICE, longest // 3)
    return f"{line[: longest - tail - 3]} … {line[len(line) - tail :]}"
