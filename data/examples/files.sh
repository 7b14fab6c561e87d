#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files from a shell: each of these is one call that can be typed as it is here.
#
#   files.sh send roster 1002 image photo.jpg   a message with a file
#   files.sh fetch 9007199254741022             what a message carries; prints the transfer
#   files.sh look TRANSFER                      how far it is, and where the file is
#   files.sh watch                              every transfer's progress
set -euo pipefail

name=im.floo.Daemon1 object=/im/floo/Daemon1

send() {    # TO_TYPE TO TYPE FILE; an argument of type h is a number of an open descriptor
    busctl --user call $name $object $name.Conversations SendFile 'sxshsa{sv}' "$1" "$2" "$3" 3 "${4##*/}" 0 3<"$4"
}

fetch() {   # MESSAGE
    busctl --user call $name $object $name.Files Download 'xa{sv}' "$1" 0
}

look() {    # TRANSFER
    busctl --user introspect $name "$1" $name.Transfer
}

watch() {
    busctl --user monitor --match "type='signal',path_namespace='$object/transfers'" $name
}

"$@"
