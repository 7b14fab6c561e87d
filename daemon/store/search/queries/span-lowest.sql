-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message id that is below all spans
-- out: first, base, oldest, newest of the lowest span
SELECT first, base, oldest, newest FROM spans WHERE first > ?1 ORDER BY first LIMIT 1;
