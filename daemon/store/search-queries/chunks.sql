-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: id, docs, dead, entries, highest, lowest, newest, oldest; the newest messages first
SELECT id, docs, dead, entries, highest, lowest, newest, oldest FROM chunks ORDER BY highest DESC;
