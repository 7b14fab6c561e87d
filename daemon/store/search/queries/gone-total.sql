-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: how many messages have gone
SELECT coalesce(sum(messages), 0) FROM gone;
