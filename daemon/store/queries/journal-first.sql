-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: the lowest serial, NULL: none
SELECT min(serial) FROM journal;
