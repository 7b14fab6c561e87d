-- SPDX-License-Identifier: GPL-3.0-or-later
DELETE FROM search_changes WHERE seq < 1 OR seq > 9007199254740992;
