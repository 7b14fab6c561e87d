-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 name
-- out: value
SELECT value FROM state WHERE name = ?1;
