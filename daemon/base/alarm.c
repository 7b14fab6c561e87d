/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/alarm.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

typedef struct {
  int fd;
  GSourceFunc func;
  gpointer data;
} Alarm;

static void
alarm_free (gpointer data)
{
  Alarm *alarm = data;

  close (alarm->fd);
  g_free (alarm);
}

static gboolean
on_alarm (int fd, GIOCondition condition, gpointer user_data)
{
  const Alarm *alarm = user_data;

  alarm->func (alarm->data);
  return G_SOURCE_REMOVE;
}

guint
floo_alarm_add (gint64 ms, GSourceFunc func, gpointer data)
{
  const gint64 wait = MAX (ms, 1);
  const struct itimerspec when = { .it_value = { .tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000 } };
  const int fd = timerfd_create (CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  Alarm *alarm;

  if (fd < 0 || timerfd_settime (fd, 0, &when, NULL) != 0)
    {
      g_warning ("A timer that counts during suspend could not be made: %s", g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return g_timeout_add ((guint) MIN (wait, G_MAXINT32), func, data);
    }
  alarm = g_new (Alarm, 1);
  *alarm = (Alarm){ fd, func, data };
  return g_unix_fd_add_full (G_PRIORITY_DEFAULT, fd, G_IO_IN, on_alarm, alarm, alarm_free);
}
