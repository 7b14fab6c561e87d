-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: version of the schema
PRAGMA user_version;
