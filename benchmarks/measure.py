"""Run a command, its output into a file, and print what it took as JSON.

A process of its own, and a small one: Linux counts the memory of whoever starts a program as the program's.
"""

import json
import os
import sys
from time import perf_counter

log, *command = sys.argv[1:]
output = (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
started = perf_counter()
pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[output, (os.POSIX_SPAWN_DUP2, 1, 2)])
_, status, usage = os.wait4(pid, 0)
unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, which is the largest process of all those that ended
print(
    json.dumps(
        {
            "exit_code": os.waitstatus_to_exitcode(status),
            "seconds": perf_counter() - started,
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss * unit,
        }
    )
)
