-- SPDX-License-Identifier: GPL-3.0-or-later
-- Takes the write lock at once, so that a job never finds it taken later.
BEGIN IMMEDIATE;
