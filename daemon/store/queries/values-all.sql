-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: key, value
SELECT key, value FROM account;
