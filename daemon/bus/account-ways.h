/* SPDX-License-Identifier: GPL-3.0-or-later */
/* account-ways.h: methods of im.floo.Daemon1.Account that need no login, and logins by QR code and mobile number. */
#pragma once

#include "bus/interface.h"

G_BEGIN_DECLS

/* app_id, dns_server */
extern const FlooOption floo_bus_service_options[];
extern const FlooOption floo_bus_change_mobile_options[];

void floo_bus_register_anonymous (const FlooBusCall *call);
void floo_bus_check_username (const FlooBusCall *call);
void floo_bus_begin_qr_login (const FlooBusCall *call);
void floo_bus_get_qr_login (const FlooBusCall *call);
void floo_bus_cancel_qr_login (const FlooBusCall *call);
void floo_bus_confirm_qr_login (const FlooBusCall *call);
void floo_bus_get_captcha (const FlooBusCall *call);
void floo_bus_send_sms_code (const FlooBusCall *call);
void floo_bus_login_by_mobile (const FlooBusCall *call);
void floo_bus_bind_mobile (const FlooBusCall *call);
void floo_bus_change_mobile (const FlooBusCall *call);
void floo_bus_reset_password (const FlooBusCall *call);

G_END_DECLS
