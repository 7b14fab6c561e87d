/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.h: the configuration file and the folders of an instance.
 */
#pragma once

#include <gio/gio.h>

#include "base/log.h"

G_BEGIN_DECLS

/**
 * FlooConfig:
 *
 * What the configuration file says, completed with defaults; read once at start. Every key is documented in
 * data/flooimd.conf and flooimd.conf(5), from the same table (config.c).
 */
typedef struct {
  char *instance;         /* (nullable) */
  char *path;             /* of the file read, or that would have been */
  char *data_dir;         /* $XDG_DATA_HOME/flooim, with an instance .../flooim/instances/NAME */
  char *cache_dir;        /* $XDG_CACHE_HOME/flooim, likewise */
  /* [service] */
  char *app_id;           /* "" none: Login must bring it */
  char *dns_server;       /* "" the service's own */
  char *discovery_source; /* "sdk": the parameter source of discovery */
  char *rest_url;         /* "" by discovery; else nothing is discovered */
  char *socket_url;       /* "" rest_url's host */
  char *proxy;            /* "" the system's */
  char *ca_file;          /* "" what the system trusts */
  gboolean auto_login;    /* true */
  char *os_type;          /* "web": what PROVISION says: OsType's names in lower case */
  char *device_info;      /* "Web" */
  gboolean acknowledge_delivery; /* false */
  /* [store] */
  guint journal_days;     /* 14 */
  guint journal_events;   /* 200000 */
  guint keep_days;        /* 0: for ever */
  guint keep_messages;    /* 0: all */
  gboolean keep_left_groups;    /* FALSE */
  /* [files] */
  guint cache_size;       /* 1024 MiB */
  guint cache_days;       /* 30 */
  guint max_size;         /* 4096 MiB: of one file, up or down */
  guint stall_seconds;    /* 60 */
  gboolean auto_download; /* false */
  char *private_hosts;    /* "" none; a space between two */
  /* [secrets] */
  char *secrets_backend;  /* auto, keyring, file */
  /* [log] */
  FlooLogLevel log_level; /* info */
} FlooConfig;

/**
 * floo_config_load:
 * @instance: (nullable): letters, digits, "_" and "-", not beginning with a digit (a bus name's element)
 * @path: (nullable): another file than $XDG_CONFIG_HOME/flooim/flooimd.conf (instance: flooimd-NAME.conf); must exist then
 * @data_dir: (nullable): another data folder
 *
 * An unknown group or key, or a value of a wrong kind is FLOO_ERROR_INVALID_ARGUMENTS that names file, group and key. No file is all
 * defaults.
 */
FlooConfig *floo_config_load (const char *instance, const char *path, const char *data_dir, GError **error);
void floo_config_free (FlooConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooConfig, floo_config_free)

/* What the keys app_id and dns_server may be where they are not "", and the options of Login of the same name. */
gboolean floo_config_is_app_id (const char *text);
/* An http or https URL. */
gboolean floo_config_is_url (const char *text);

/**
 * FlooConfigKey:
 *
 * One key as the documentation shows it.
 */
typedef struct {
  const char *group;
  const char *key;
  const char *fallback;   /* the default, as it is written in the file */
  const char *values;     /* what it may be: "a, b, c" is a choice, "1 to 9" a number */
  const char *doc;        /* sentences */
} FlooConfigKey;

/* Returns: (transfer none) (nullable): the key at @index, by groups; NULL after the last. */
const FlooConfigKey *floo_config_get_key (guint index);

G_END_DECLS
