-- SPDX-License-Identifier: GPL-3.0-or-later
DELETE FROM conversations WHERE id < 0;
