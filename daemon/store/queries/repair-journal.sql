-- SPDX-License-Identifier: GPL-3.0-or-later
DELETE FROM journal WHERE serial < 1 OR serial > 9007199254740992;
