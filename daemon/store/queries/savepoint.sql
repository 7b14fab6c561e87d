-- SPDX-License-Identifier: GPL-3.0-or-later
-- One job in a transaction.
SAVEPOINT job;
