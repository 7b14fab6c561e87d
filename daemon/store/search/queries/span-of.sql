-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 message id
-- out: first, base, oldest, newest of the span that has it; none where it is below all spans
SELECT first, base, oldest, newest FROM spans WHERE first <= ?1 ORDER BY first DESC LIMIT 1;
