-- SPDX-License-Identifier: GPL-3.0-or-later
ALTER TABLE account ADD COLUMN length_of_value INTEGER;
UPDATE account SET length_of_value = length(value);
PRAGMA user_version = 2;
