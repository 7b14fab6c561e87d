-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: name
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\';
