# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as bytes, right or wrong, field by field (daemon/wire/floo.proto has the numbers)."""


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def meta(mid, sender, to, payload, ns=1, timestamp=1800000000000):
    return number(1, mid) + blob(2, number(1, sender)) + blob(3, number(1, to)) + number(4, timestamp) + number(5, ns) + blob(6, payload)


def frame(command, payload):
    """command: 0 UNREAD, 1 SYNC, 2 NOTICE, 3 PROVISION"""
    return number(1, 0) + number(2, 0) + number(3, command) + blob(4, payload)
