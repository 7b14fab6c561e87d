-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 first of a span
-- out: first of the span behind it
SELECT first FROM spans WHERE first > ?1 ORDER BY first LIMIT 1;
