-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: the highest serial, NULL: none
SELECT max(serial) FROM journal;
