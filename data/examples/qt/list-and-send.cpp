// SPDX-License-Identifier: GPL-3.0-or-later
// list-and-send [ID TEXT]: sends TEXT to the user or group ID and waits until the service has it; then lists the conversations. Qt 5 or 6:
//   qdbusxml2cpp -i floo-types.h -c Conversations -p conversations im.floo.Daemon1.Conversations.xml    (the same with Events)
//   moc conversations.h -o moc_conversations.cpp    (the same with events)
//   c++ -fPIC list-and-send.cpp conversations.cpp events.cpp moc_*.cpp -o list-and-send $(pkg-config --cflags --libs Qt5DBus)
#include "conversations.h"
#include "events.h"

static const QString NAME = QStringLiteral("im.floo.Daemon1"), PATH = QStringLiteral("/im/floo/Daemon1");

static int list(Conversations &conversations)
{
    qulonglong serial;
    QString next;
    QDBusReply<QList<QVariantMap>> page = conversations.List(QString(), 100, QVariantMap(), next, serial);
    for (const QVariantMap &one : page.value())
        QTextStream(stdout) << one["id"].toLongLong() << ' ' << one["name"].toString() << ": " << one["content"].toString() << '\n';
    return page.isValid() ? 0 : 1;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    qDBusRegisterMetaType<FlooMessage>();
    qDBusRegisterMetaType<QList<QVariantMap>>();
    Conversations conversations(NAME, PATH, QDBusConnection::sessionBus());
    Events events(NAME, PATH, QDBusConnection::sessionBus());
    if (argc < 3)
        return list(conversations);
    qlonglong sent = 0;
    QObject::connect(&events, &Events::SendingMessageStatusChanged, [&](qulonglong, qlonglong id, const QString &status, const QVariantMap &) {
        if (id == sent && (status == "sent" || status == "failed"))
            app.exit(status == "sent" ? list(conversations) : 1);
    });
    QDBusReply<qlonglong> reply = conversations.SendText(QString(), QString(argv[1]).toLongLong(), QString::fromUtf8(argv[2]));
    sent = reply.value();
    return reply.isValid() ? app.exec() : 1;
}
