#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The workflow for a forge calls commands that are in the tree."""
import os
import re

from checks import Missing, Skip, check, main, source

PATH = '.github/workflows/ci.yml'


@check('the workflow runs each part of tests/run, and scripts that exist')
def workflow():
    # A tarball has no repository, and leaves out what is about it.
    if not (source / '.git').exists() and not (source / PATH).exists():
        raise Skip('a tarball has no workflow')
    try:
        import yaml
    except ImportError:
        raise Missing('python3-yaml is not installed')
    jobs = yaml.safe_load((source / PATH).read_text())['jobs']
    parts = jobs['test']['strategy']['matrix']['part']
    # The help is the comment at its top.
    known = re.findall(r'^# {5}(\w+) +\w',
                       (source / 'tests/run').read_text(), re.M)
    if parts != known:
        yield f'{PATH} runs {parts}, but tests/run has {known}'
    for name, job in jobs.items():
        for step in job['steps']:
            words = step.get('run', '').split()
            if words and words[0].startswith('tests/') and \
                    not os.access(source / words[0], os.X_OK):
                yield f'{PATH}, {name}: there is no {words[0]}'


main()
