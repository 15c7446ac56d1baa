# SPDX-License-Identifier: MIT
"""A repository for checks that need one to commit in"""
import shutil

from checks import Failed, Skip, run, source, temporary, tool


def git(place, *arguments):
    """Runs git as an author that needs no configuration."""
    return run(*tool('GIT', 'git'), '-C', place, '-c', 'user.name=Test',
               '-c', 'user.email=test@example.org', '-c', 'gc.auto=0',
               *arguments, GIT_CONFIG_GLOBAL='/dev/null')


def tracked(place):
    return set(git(place, 'ls-files', '-z').split('\0')) - {''}


def copy_of_source():
    """A new repository, with the files of the project in one commit. They are
    what git would commit now, so that a check tests what its author has
    changed."""
    if not (source / '.git').exists():
        raise Skip('these files come from no repository')
    try:
        names = run(*tool('GIT', 'git'), '-C', source, 'ls-files', '-z',
                    '--cached', '--others', '--exclude-standard').split('\0')
    except Failed as failed:
        raise Skip(f'git cannot read the repository: {failed}')
    place = temporary() / 'libhtab'
    for name in names:
        if name and (source / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, place / name)
    git(place, 'init', '--quiet', '--initial-branch=main')
    git(place, 'add', '--all')
    git(place, 'commit', '--quiet', '--message=Everything')
    return place
