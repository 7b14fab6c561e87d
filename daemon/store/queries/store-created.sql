-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: when this store was made, ms
SELECT value FROM meta WHERE key = 'created';
