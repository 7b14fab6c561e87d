-- SPDX-License-Identifier: GPL-3.0-or-later
-- in: ?1 messages that were deleted one by one
INSERT INTO gone (conversation, messages) VALUES (-1, ?1) ON CONFLICT DO UPDATE SET messages = messages + excluded.messages;
