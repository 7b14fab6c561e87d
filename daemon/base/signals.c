/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/signals.h"

#include "base/message.h"

#define MESSAGES "(" FLOO_MESSAGES_TYPE ")"
#define MESSAGE "(" FLOO_MESSAGE_TYPE ")"
#define NOTICE "(a{sv})"

static const FlooSignalInfo table[FLOO_N_SIGNALS] = {
  [FLOO_SIGNAL_FLOO_NOTICE] = { "FlooNotice", "flooNotice", "(sv)", FLOO_REF_NONE },
  [FLOO_SIGNAL_FLOO_ERROR] = { "FlooError", "flooError", "(ss)", FLOO_REF_NONE },
  [FLOO_SIGNAL_LOGIN_FAIL] = { "LoginFail", "loginFail", "(s)", FLOO_REF_NONE },
  [FLOO_SIGNAL_LOGIN_SUCCESS] = { "LoginSuccess", "loginSuccess", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_LIST_UPDATE] = { "RosterListUpdate", "onRosterListUpdate", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_INFO_UPDATE] = { "RosterInfoUpdate", "onRosterInfoUpdate", "(ax)", FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_MESSAGES] = { "RosterMessages", "onRosterMessage", MESSAGES, FLOO_REF_ARRAY },
  [FLOO_SIGNAL_ROSTER_RTC_MESSAGE] = { "RosterRtcMessage", "onRosterRTCMessage", MESSAGE, FLOO_REF_SINGLE },
  [FLOO_SIGNAL_ROSTER_APPLIED] = { "RosterApplied", "onRosterApplied", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_ACCEPTED] = { "RosterAccepted", "onRosterAccepted", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_DECLINED] = { "RosterDeclined", "onRosterDeclined", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_REMOVED] = { "RosterRemoved", "onRosterRemoved", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_BLOCKED] = { "RosterBlocked", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_UNBLOCKED] = { "RosterUnblocked", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_INPUT_STATUS_MESSAGE] = { "InputStatusMessage", "onInputStatusMessage", "(xxsb)", FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_MESSAGES] = { "GroupMessages", "onGroupMessage", MESSAGES, FLOO_REF_ARRAY },
  [FLOO_SIGNAL_MENTION_MESSAGE] = { "MentionMessage", "onMentionMessage", MESSAGE, FLOO_REF_SINGLE },
  [FLOO_SIGNAL_MESSAGE_RECALLED] = { "MessageRecalled", "onMessageRecalled", "(xx)", FLOO_REF_NONE },
  [FLOO_SIGNAL_MESSAGE_DELETED] = { "MessageDeleted", "onMessageDeleted", "(xx)", FLOO_REF_NONE },
  [FLOO_SIGNAL_MESSAGE_CANCELED] = { "MessageCanceled", "onMessageCanceled", "(xx)", FLOO_REF_NONE },
  [FLOO_SIGNAL_MESSAGE_STATUS_CHANGED] = { "MessageStatusChanged", "onMessageStatusChanged", "(xxa{sv})", FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_MESSAGE_CONTENT_APPEND]
  = { "RosterMessageContentAppend", "onRosterMessageContentAppend", "(xxusxa{sv})", FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_MESSAGE_CONTENT_APPEND]
  = { "GroupMessageContentAppend", "onGroupMessageContentAppend", "(xxusxa{sv})", FLOO_REF_NONE },
  [FLOO_SIGNAL_ROSTER_MESSAGE_REPLACE] = { "RosterMessageReplace", "onRosterMessageReplace", MESSAGE, FLOO_REF_SINGLE },
  [FLOO_SIGNAL_GROUP_MESSAGE_REPLACE] = { "GroupMessageReplace", "onGroupMessageReplace", MESSAGE, FLOO_REF_SINGLE },
  [FLOO_SIGNAL_RECEIVE_HISTORY_MSG] = { "ReceiveHistoryMsg", "onReceiveHistoryMsg", "(xx)", FLOO_REF_NONE },
  [FLOO_SIGNAL_SENDING_MESSAGE_STATUS_CHANGED]
  = { "SendingMessageStatusChanged", "onSendingMessageStatusChanged", "(xsa{sv})", FLOO_REF_DETAILS },
  [FLOO_SIGNAL_UNREAD_CHANGE] = { "UnreadChange", "onUnreadChange", "(xu)", FLOO_REF_NONE },
  [FLOO_SIGNAL_RECENT_LIST_UPDATE] = { "RecentListUpdate", "recentlistUpdate", "()", FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_LIST_UPDATE] = { "GroupListUpdate", "onGroupListUpdate", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_MEMBER_CHANGED] = { "GroupMemberChanged", "onGroupMemberChanged", "(xax)", FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_CREATED] = { "GroupCreated", "onGroupCreated", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_DESTROYED] = { "GroupDestroyed", "onGroupDestoryed", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_JOINED] = { "GroupJoined", "onGroupJoined", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_LEFT] = { "GroupLeft", "onGroupLeaved", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_KICKED] = { "GroupKicked", "onGroupKicked", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_APPLIED] = { "GroupApplied", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_APPLY_ACCEPTED] = { "GroupApplyAccepted", "onGroupApplyAccepted", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_APPLY_DECLINED] = { "GroupApplyDeclined", "onGroupApplyDeclined", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_INVITED] = { "GroupInvited", "onGroupNotice", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_INVITE_ACCEPTED] = { "GroupInviteAccepted", "onGroupInvitedAccepted", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_INVITE_DECLINED] = { "GroupInviteDeclined", "onGroupInvitedDeclined", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_OWNER_ASSIGNED] = { "GroupOwnerAssigned", "onGroupOwnerAssigned", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_ADMIN_GRANTED] = { "GroupAdminGranted", "onGroupAdminGranted", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_ADMIN_REVOKED] = { "GroupAdminRevoked", "onGroupAdminRevoked", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_MUTED] = { "GroupMuted", "onGroupMuted", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_UNMUTED] = { "GroupUnmuted", "onGroupUnmuted", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_BANNED] = { "GroupBanned", "onGroupBaned", "(xaxbs)", FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_UNBANNED] = { "GroupUnbanned", "onGroupUnbaned", "(xaxb)", FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_BLOCKED] = { "GroupBlocked", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_UNBLOCKED] = { "GroupUnblocked", "onGroupUnblocked", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_ANNOUNCEMENT_UPDATED]
  = { "GroupAnnouncementUpdated", "onGroupAnnouncementUpdated", NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_FILE_UPLOADED] = { "GroupFileUploaded", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_FILE_DELETED] = { "GroupFileDeleted", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_GROUP_FILE_UPDATED] = { "GroupFileUpdated", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_PUSH_MESSAGE] = { "PushMessage", NULL, MESSAGE, FLOO_REF_NONE },
  [FLOO_SIGNAL_USER_NOTICE] = { "UserNotice", NULL, NOTICE, FLOO_REF_NONE },
  [FLOO_SIGNAL_CONVERSATIONS_CHANGED] = { "ConversationsChanged", NULL, "(aa{sv}axb)", FLOO_REF_CONVERSATIONS },
};

const FlooSignalInfo *
floo_signal_get_info (int signal)
{
  if (signal <= 0 || signal >= FLOO_N_SIGNALS)
    return NULL;
  return &table[signal];
}
