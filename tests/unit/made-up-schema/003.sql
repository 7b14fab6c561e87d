-- SPDX-License-Identifier: GPL-3.0-or-later
CREATE TABLE half_done (id INTEGER PRIMARY KEY);
PRAGMA user_version = 3;
UPDATE no_such_table SET id = 1;
