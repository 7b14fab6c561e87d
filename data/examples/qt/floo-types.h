// SPDX-License-Identifier: GPL-3.0-or-later
// The structs that the descriptions of the interfaces name for qdbusxml2cpp (org.qtproject.QtDBus.QtTypeName).
#pragma once
#include <QtDBus>

struct FlooMessage {
    qlonglong id, conversation, from;
    QString toType, type, content;
    qlonglong timestamp;
    int status;
    QVariantMap more;
};
struct FlooEvent {
    qulonglong serial;
    qlonglong time;
    QString name;
    QDBusVariant arguments;
};
struct FlooError {
    QString name, text;
};
struct FlooTarget {
    QString toType;
    qlonglong to;
};
Q_DECLARE_METATYPE(FlooMessage)
Q_DECLARE_METATYPE(FlooEvent)
Q_DECLARE_METATYPE(FlooError)
Q_DECLARE_METATYPE(FlooTarget)

inline QDBusArgument &operator<<(QDBusArgument &a, const FlooMessage &m)
{
    a.beginStructure();
    a << m.id << m.conversation << m.from << m.toType << m.type << m.content << m.timestamp << m.status << m.more;
    a.endStructure();
    return a;
}
inline const QDBusArgument &operator>>(const QDBusArgument &a, FlooMessage &m)
{
    a.beginStructure();
    a >> m.id >> m.conversation >> m.from >> m.toType >> m.type >> m.content >> m.timestamp >> m.status >> m.more;
    a.endStructure();
    return a;
}
