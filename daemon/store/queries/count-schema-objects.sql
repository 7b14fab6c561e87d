-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: how many; 0 is an empty file
SELECT count(*) FROM sqlite_schema;
