-- SPDX-License-Identifier: GPL-3.0-or-later
DELETE FROM messages WHERE id < 1;
