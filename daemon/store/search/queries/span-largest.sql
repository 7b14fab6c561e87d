-- SPDX-License-Identifier: GPL-3.0-or-later
-- out: messages of the span that has most
SELECT coalesce(max(messages), 0) FROM spans;
