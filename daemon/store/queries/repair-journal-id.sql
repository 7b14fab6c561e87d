-- SPDX-License-Identifier: GPL-3.0-or-later
DELETE FROM meta WHERE key = 'journal_id';
