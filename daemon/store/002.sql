-- SPDX-License-Identifier: GPL-3.0-or-later
-- Schema 2: which device of ours sent a message; NULL: not known, or it is not ours.
ALTER TABLE messages ADD COLUMN device_sn INTEGER;
PRAGMA user_version = 2;
