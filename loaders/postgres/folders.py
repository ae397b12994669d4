"""Whose the embedded server's folders are, and whether its user can reach them. Nobody's folder is opened for it."""

import os
import shlex
import stat
import subprocess
from contextlib import suppress
from pathlib import Path
from pwd import getpwnam, getpwuid, struct_passwd

from synapse_analytics import Problem

OS_USER = "embedded_postgres"  # as whom the server runs where root starts it


def owners() -> set[int]:
    """The user ids that the server's folders may belong to: one's own and, for root, that of the user it runs as."""
    owners = {os.geteuid()}
    if os.geteuid() == 0:
        with suppress(KeyError):
            owners.add(getpwnam(OS_USER).pw_uid)
    return owners


def take(folder: Path, user_id: int, group_id: int) -> None:
    """Make a folder that is this user's alone, or see that it is. Root hands its own to the user, with all in it.

    Raises Problem if it belongs to somebody else, is open to others, or is no folder.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    refuse_shared(folder, {os.geteuid(), user_id})
    if os.geteuid() == 0:
        # What is looked at is given away, and not what somebody puts in its place meanwhile.
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            found = os.fstat(opened)
            _refuse_shared(folder, found, {0, user_id})
            if found.st_uid == 0:
                _hand_over(opened, user_id, group_id)
            os.fchown(opened, user_id, group_id)
        finally:
            os.close(opened)


def _hand_over(opened: int, user_id: int, group_id: int) -> None:
    """Give away what is root's in a folder of root's alone, such as a backup that root restored.

    No link is followed, and nothing that has another name elsewhere is given away.
    """
    for _, folders, files, here in os.fwalk(dir_fd=opened):
        for name in (*folders, *files):
            found = os.stat(name, dir_fd=here, follow_symlinks=False)
            if found.st_uid == 0 and (found.st_nlink == 1 or stat.S_ISDIR(found.st_mode)):
                os.chown(name, user_id, group_id, dir_fd=here, follow_symlinks=False)


def refuse_shared(folder: Path, owners: set[int]) -> None:
    """Raise Problem if a folder exists and does not belong to these users alone: others could be the server in it."""
    with suppress(FileNotFoundError, PermissionError):  # whoever cannot see it cannot use it either
        _refuse_shared(folder, folder.lstat(), owners)


def _refuse_shared(folder: Path, found: os.stat_result, owners: set[int]) -> None:
    if not stat.S_ISDIR(found.st_mode):
        raise Problem(f"{folder} is a link or a file: move it away, because the server needs its own folder there.")
    if found.st_uid not in owners:
        raise Problem(
            f"{folder} belongs to {_name(found.st_uid)}, who could read and change what the server holds: have it"
            " removed, or work in a copy of the project."
        )
    if found.st_mode & 0o077:
        raise Problem(
            f"{folder} is open to others (mode {stat.S_IMODE(found.st_mode):o}): see that all in it is yours, and close"
            f" it with `chmod 700 {shlex.quote(str(folder))}`."
        )


def refuse_closed(user: struct_passwd, folders: list[Path], programs: Path) -> None:
    """Raise Problem if the user cannot enter one of these folders or one above, or not use all below `programs`."""
    above = dict.fromkeys(path for folder in folders for path in [*reversed(folder.parents), folder])
    closed = [("enter", "o+x", folder) for folder in above if not _may_enter(user, folder)]
    if not all(path.is_symlink() or _is_open(path) for path in (programs, *programs.rglob("*"))):
        closed.append(("use all of", "-R o+rX", programs))
    sentences = [
        f"PostgreSQL does not run as root, and its user {user.pw_name} cannot {verb} {folder}: run"
        f" `chmod {change} {shlex.quote(str(folder))}`, or run synapse as another user than root."
        for verb, change, folder in closed
    ]
    if sentences:
        raise Problem(*sentences)


def _may_enter(user: struct_passwd, folder: Path) -> bool:
    """Asked of the system, which knows of more than the mode. A process goes into its folder before it changes user."""
    command = ["/bin/sh", "-c", "test -x ."]
    done = subprocess.run(command, cwd=folder, user=user.pw_uid, group=user.pw_gid, extra_groups=[])  # noqa: S603
    return not done.returncode


def _is_open(path: Path) -> bool:
    needed = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & needed == needed


def _name(user_id: int) -> str:
    with suppress(KeyError):
        return getpwuid(user_id).pw_name
    return f"the user {user_id}"
