-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: how many messages were added
SELECT coalesce(sum(messages), 0) FROM spans;
