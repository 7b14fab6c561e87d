#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tally.py [--must-run SUITE] [--failed STEP]... LOG.json...: what came of runs of `meson test`.

Prints what the failed tests said, names what was skipped, and ends with the line "N passed, N failed, N skipped". A test that speaks TAP counts as its subtests, any
other as one; each STEP counts as one that failed. Exit status 1 where anything failed.
"""
import argparse
import json
import os
import re
import sys

FIRST_LINES, LAST_LINES = 80, 120  # of what a failed test said on either channel
PLAN = re.compile(r'^1\.\.\d+', re.MULTILINE)
POINT = re.compile(r'^(not )?ok\b[^#\n]*(#\s*(SKIP|TODO)\b.*)?', re.MULTILINE | re.IGNORECASE)


class Tally:
    def __init__(self, must_run):
        self.must_run = set(must_run)
        self.passed = 0
        self.failures = []  # (name, how many points, [stdout, stderr])
        self.skipped = []

    def add(self, run, test):
        name = '%s: %s' % (run, test['name'])
        result = test['result']
        counts = self.count(test)
        if result == 'SKIP' and not counts['skipped']:
            counts['skipped'] = ['']
        if result not in ('OK', 'SKIP', 'EXPECTEDFAIL') and not counts['failed']:
            counts['failed'] = 1  # it crashed, took too long, ...
        if counts['skipped'] and not self.must_run.isdisjoint(self.suites(test)):
            counts['failed'] += len(counts['skipped'])
            counts['skipped'] = []
        self.passed += counts['passed']
        self.skipped += ['%s %s' % (name, why) for why in counts['skipped']]
        if counts['failed']:
            self.failures.append(('%s: %s' % (name, result), counts['failed'], [test.get('stdout') or '', test.get('stderr') or '']))

    @staticmethod
    def suites(test):
        """Of "project:one+other / name"."""
        return test['name'].partition(' / ')[0].partition(':')[2].split('+')

    @staticmethod
    def count(test):
        """The points of TAP by their result, or the test itself for one point."""
        output = test.get('stdout') or ''
        counts = {'passed': 0, 'failed': 0, 'skipped': []}
        if not PLAN.search(output):
            counts['passed'] = 1 if test['result'] in ('OK', 'EXPECTEDFAIL') else 0
            return counts
        for point in POINT.finditer(output):
            directive = (point.group(3) or '').upper()
            if directive == 'SKIP':
                counts['skipped'].append(point.group(0))
            elif point.group(1) and directive != 'TODO':
                counts['failed'] += 1
            else:
                counts['passed'] += 1
        return counts

    def print(self, steps):
        for name, number, outputs in self.failures:
            print('\n---- %s' % name)
            for output in outputs:
                lines = output.splitlines()
                left_out = len(lines) - FIRST_LINES - LAST_LINES
                if left_out > 0:
                    lines[FIRST_LINES:-LAST_LINES] = ['(%d lines are left out)' % left_out]
                print('\n'.join(lines))
        print()
        for name in self.skipped:
            print('skipped: %s' % name)
        for name, number, outputs in self.failures:
            print('FAILED: %s' % name)
        for step in steps:
            print('FAILED: %s' % step)
        failed = sum(number for name, number, outputs in self.failures) + len(steps)
        print('%d passed, %d failed, %d skipped' % (self.passed, failed, len(self.skipped)))
        return 0 if failed == 0 and self.passed > 0 else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--must-run', action='append', default=[], metavar='SUITE', help='what is skipped of it has failed')
    parser.add_argument('--failed', action='append', default=[], metavar='STEP', help='a step besides the tests that failed')
    parser.add_argument('logs', nargs='*', metavar='LOG.json', help='the file name is the name of the run')
    options = parser.parse_args()
    tally = Tally(options.must_run)
    for log in options.logs:
        run = os.path.splitext(os.path.basename(log))[0]
        with open(log, encoding='utf-8') as lines:
            for line in lines:
                tally.add(run, json.loads(line))
    return tally.print(options.failed)


if __name__ == '__main__':
    sys.exit(main())
