#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""include-folders.py SOURCE TARGET FOLDER...: makes TARGET/FOLDER/FOLDER (slashes in the first one are dashes) a link to SOURCE/FOLDER, so that the
headers of each library have an include folder of their own. A folder with other ones in it is made of links to its headers."""
import os
import shutil
import sys


def main():
    source, target, *folders = sys.argv[1:]
    shutil.rmtree(target, ignore_errors=True)
    for folder in folders:
        link = os.path.join(target, folder.replace('/', '-'), folder)
        below = os.path.join(source, folder)
        os.makedirs(os.path.dirname(link))
        if not any(other.startswith(folder + '/') for other in folders):
            os.symlink(below, link)
            continue
        os.mkdir(link)
        for name in os.listdir(below):
            if name.endswith('.h'):
                os.symlink(os.path.join(below, name), os.path.join(link, name))


if __name__ == '__main__':
    main()
