/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user echo: marks messages as read, types for a moment and sends the text back. */
#include <string.h>

#include "base/json.h"
#include "intake.h"

/* No answer has the same time as its question: there are two ticks of the clock between them. */
#define MIN_DELAY_MS 2

typedef struct {
  Sandbox *sandbox;
  gint64 bot;
  gint64 to;        /* user or group */
  gboolean group;
  char *text;
} Reply;

static void
reply_free (Reply *reply)
{
  g_free (reply->text);
  g_free (reply);
}

static void
submit (Sandbox *sandbox, SbUser *bot, SbMessage *message)
{
  SbVerdict verdict;

  sb_intake_submit (sandbox, bot, NULL, message, &verdict);
}

static void
send_typing (Sandbox *sandbox, SbUser *bot, gint64 to, const char *status)
{
  SbMessage *typing = sb_message_new (bot->id, to);

  typing->ext = g_strdup_printf ("{\"input_status\":\"%s\"}", status);
  typing->at_most_once = TRUE;
  submit (sandbox, bot, typing);
}

static void
on_reply_due (gpointer user_data)
{
  Reply *reply = user_data;
  SbUser *bot = sb_state_user (reply->sandbox->state, reply->bot);
  SbMessage *message = sb_message_new (reply->bot, reply->to);

  message->type = reply->group ? FLOO__MESSAGE_BODY__TYPE__GROUPCHAT : FLOO__MESSAGE_BODY__TYPE__CHAT;
  g_free (message->content);
  message->content = g_strconcat ("echo: ", reply->text, NULL);
  if (!reply->group)
    send_typing (reply->sandbox, bot, reply->to, "nothing");
  submit (reply->sandbox, bot, message);
  reply_free (reply);
}

static void
send_read_ack (Sandbox *sandbox, SbUser *bot, const SbMessage *received)
{
  SbMessage *ack = sb_message_new (bot->id, received->from);

  ack->type = FLOO__MESSAGE_BODY__TYPE__OPER;
  ack->ctype = FLOO__MESSAGE_BODY__CONTENT_TYPE__COMMAND;
  ack->op = FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ACK;
  ack->op_mid = received->id;
  submit (sandbox, bot, ack);
}

/* Whether config.mentionList of a message has the user, or mentionAll is set. */
static gboolean
mentions (const SbMessage *message, gint64 user)
{
  g_autoptr (JsonNode) root = message->config == NULL ? NULL : floo_json_parse (message->config, strlen (message->config), NULL);
  JsonObject *config = root == NULL ? NULL : floo_json_node_object (root);
  JsonArray *list = config == NULL ? NULL : floo_json_get_array (config, "mentionList");
  gboolean all = FALSE;

  if (config == NULL)
    return FALSE;
  if (floo_json_get_bool (config, "mentionAll", &all) && all)
    return TRUE;
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      g_autofree char *text = floo_json_to_text (json_array_get_element (list, i));
      gint64 id = g_ascii_strtoll (text + (*text == '"'), NULL, 10);

      if (id == user)
        return TRUE;
    }
  return FALSE;
}

typedef struct {
  Sandbox *sandbox;
  gint64 bot;
  gint64 mid;
} Arrival;

/* Runs after the delivery, which is still in progress when the bot gets the message. */
static void
on_arrival (gpointer user_data)
{
  g_autofree Arrival *arrival = user_data;
  Sandbox *sandbox = arrival->sandbox;
  SbUser *bot = sb_state_user (sandbox->state, arrival->bot);
  SbMessage *message = sb_state_message (sandbox->state, arrival->mid);
  gboolean group = message->type == FLOO__MESSAGE_BODY__TYPE__GROUPCHAT;
  Reply *reply;

  if (bot == NULL || message->recalled)
    return;
  send_read_ack (sandbox, bot, message);
  if (message->ctype != FLOO__MESSAGE_BODY__CONTENT_TYPE__TEXT || (group && !mentions (message, bot->id)))
    return;
  if (!group)
    send_typing (sandbox, bot, message->from, "typing");
  reply = g_new (Reply, 1);
  *reply = (Reply) { sandbox, bot->id, group ? message->to : message->from, group, g_strdup (message->content) };
  sandbox_after (sandbox, MAX (sandbox->bot.delay_ms, MIN_DELAY_MS), on_reply_due, reply, (GDestroyNotify) reply_free);
}

void
sb_bot_received (Sandbox *sandbox, SbUser *bot, const SbMessage *message)
{
  Arrival arrival = { sandbox, bot->id, message->id };

  if (sandbox->bot.on)
    sandbox_after (sandbox, 0, on_arrival, g_memdup2 (&arrival, sizeof arrival), g_free);
}
