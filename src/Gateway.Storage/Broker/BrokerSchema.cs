namespace Gateway.Storage.Broker;

/// <summary>The tables of the broker's file. Times are microseconds since 1970, UTC; packets are those of MQTT 5.0.</summary>
internal static class BrokerSchema
{
    /// <summary>Step n, from 0, takes the schema from version n to n + 1.</summary>
    public static IReadOnlyList<string> Migrations { get; } =
    [
        """
        CREATE TABLE retained (topic TEXT PRIMARY KEY, expires INTEGER, message BLOB NOT NULL);
        CREATE TABLE session (client TEXT PRIMARY KEY, disconnected INTEGER NOT NULL, packets BLOB NOT NULL);
        CREATE TABLE delivery (
            client TEXT NOT NULL,
            number INTEGER NOT NULL,
            identifier INTEGER NOT NULL,
            qos INTEGER NOT NULL,
            retain INTEGER NOT NULL,
            expires INTEGER,
            message BLOB,
            PRIMARY KEY (client, number)) WITHOUT ROWID
        """,

        // What the first version kept of sessions is converted when it is loaded (FirstSchema).
        """
        ALTER TABLE session RENAME TO first_session;
        ALTER TABLE delivery RENAME TO first_delivery;
        ALTER TABLE retained RENAME COLUMN message TO packet;
        ALTER TABLE retained ADD COLUMN origin TEXT;
        CREATE TABLE session (id INTEGER PRIMARY KEY, client TEXT NOT NULL, disconnected INTEGER, packet BLOB NOT NULL);
        CREATE TABLE subscription (session INTEGER NOT NULL, filter TEXT NOT NULL, packet BLOB NOT NULL, PRIMARY KEY (session, filter)) WITHOUT ROWID;
        CREATE TABLE incoming (session INTEGER NOT NULL, identifier INTEGER NOT NULL, PRIMARY KEY (session, identifier)) WITHOUT ROWID;
        CREATE TABLE message (id INTEGER PRIMARY KEY, expires INTEGER, packet BLOB NOT NULL);
        CREATE TABLE delivery (
            session INTEGER NOT NULL,
            number INTEGER NOT NULL,
            message INTEGER,
            qos INTEGER NOT NULL,
            retain INTEGER NOT NULL,
            identifier INTEGER NOT NULL,
            subscriptions BLOB,
            PRIMARY KEY (session, number)) WITHOUT ROWID
        """,
    ];
}
