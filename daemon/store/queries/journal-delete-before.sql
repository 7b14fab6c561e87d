-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 serial (excluded)
DELETE FROM journal WHERE serial < ?1;
