#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files from a shell; each of these is one call that can be typed as it is here:
#
#   files.sh send 1002 photo.jpg      a message with a file to a user or group (busctl itself cannot hand over descriptors)
#   files.sh fetch 9007199254741008   what a message carries; prints the transfer
#   files.sh look TRANSFER            how far it is, and where the file is
#   files.sh watch                    every transfer's progress
set -euo pipefail

name=im.floo.Daemon1 object=/im/floo/Daemon1

send() {    # CONVERSATION FILE
    flooimd send-file "$1" "$2"
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

case "${1:-}" in
    send | fetch | look | watch) "$@" ;;
    *) sed -n '/^#  /s/^#//p' "$0" >&2; exit 64 ;;
esac
