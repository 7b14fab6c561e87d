-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: application id
PRAGMA application_id;
