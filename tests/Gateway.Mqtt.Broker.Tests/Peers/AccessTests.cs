using System.Globalization;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Peers;

/// <summary>Users, access list, limits and $SYS as mosquitto's clients (2.0.11) and paho (1.6) see them.</summary>
public sealed class AccessTests : IDisposable
{
    private static readonly AclRule[] Rules =
    [
        new(AclSubject.Everyone, AclAccess.Read, "public/#"),
        new(AclSubject.Everyone, AclAccess.Read, "$SYS/#"),
        new(AclSubject.Everyone, AclAccess.All, "home/%u/#"),
        new(AclSubject.User("ann"), AclAccess.Subscribe, "#"),
        new(AclSubject.User("ann"), AclAccess.Write, "public/#"),
        new(AclSubject.User("ann"), AclAccess.Write, "public/secret", IsDenied: true),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("access-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PeerFact(Peer.MosquittoClients)]
    public async Task Mosquitto_sub_gets_what_it_may_read_and_mosquitto_pub_hears_what_it_may_not_write()
    {
        using var users = Users("ann", "bob");
        await using var broker = await StartAsync(users);
        await using var sub = PeerProcess.Start("mosquitto_sub", [.. As(broker, "ann"), "-t", "#", "-v", "-C", "2"]);
        await Eventually.TrueAsync(() => broker.Counters.Subscriptions == 1, () => sub.Output);
        foreach (var (user, topic, isAllowed) in new[]
        {
            ("bob", "home/ann/x", false), ("bob", "home/bob/x", true), ("bob", "public/x", false), ("ann", "public/secret", false),
            ("ann", "home/ann/x", true), ("ann", "public/x", true),
        })
        {
            await using var pub = PeerProcess.Start("mosquitto_pub", [.. As(broker, user), "-t", topic, "-m", user, "-q", "1", "-d"]);
            Assert.Equal(0, await pub.WaitForExitAsync());
            Assert.Equal(!isAllowed, pub.Output.Contains("(Mid: 1, RC:135)", StringComparison.Ordinal) || pub.Output.Contains("Not authorized", StringComparison.Ordinal));
        }

        Assert.Equal(0, await sub.WaitForExitAsync());
        Assert.Equal("home/ann/x ann\npublic/x ann\n", sub.Output);
    }

    [PeerFact(Peer.Paho)]
    public async Task Paho_is_told_that_a_filter_is_too_wide()
    {
        const string Script = """
            import sys, paho.mqtt.client as mqtt
            codes = []
            client = mqtt.Client("c", protocol=mqtt.MQTTv5)
            client.username_pw_set("bob", "secret")
            def on_connect(client, data, flags, code, properties):
                client.subscribe([(topic, mqtt.SubscribeOptions(1)) for topic in ("public/#", "#", "home/+/x", "home/bob/#", "$share/g/#")])
            def on_subscribe(client, data, mid, granted, properties):
                print([code.value for code in granted]); client.disconnect()
            client.on_connect, client.on_subscribe = on_connect, on_subscribe
            client.connect("127.0.0.1", int(sys.argv[1]))
            client.loop_forever()
            """;
        using var users = Users("bob");
        await using var broker = await StartAsync(users);
        await using var paho = PeerProcess.Start(Peer.Python, ["-c", Script, Text(broker.Port())]);
        Assert.True(await paho.WaitForExitAsync() == 0, paho.Output);
        Assert.Equal("[1, 135, 135, 1, 135]\n", paho.Output);
    }

    [PeerFact(Peer.MosquittoClients)]
    public async Task Wrong_passwords_are_counted_and_slow_the_next_log_in_down()
    {
        using var users = Users("ann");
        await using var broker = await StartAsync(users);
        for (var i = 0; i < 5; i++)
        {
            await using var wrong = PeerProcess.Start("mosquitto_pub", [.. As(broker, "ann", "wrong"), "-t", "public/x", "-n"]);
            Assert.NotEqual(0, await wrong.WaitForExitAsync());
        }

        await using var right = PeerProcess.Start("mosquitto_pub", [.. As(broker, "ann"), "-t", "public/x", "-n"]);
        Assert.Equal(0, await right.WaitForExitAsync());
        Assert.Equal(5, broker.Counters.LoginsFailed);
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task Dashboards_find_the_topics_that_mosquitto_has()
    {
        // What follows from how mosquitto is built, or is published by neither while nothing has happened.
        string[] others = ["$SYS/broker/heap", "$SYS/broker/timestamp", "$SYS/broker/changeset", "$SYS/broker/publish/messages"];
        await using var mosquitto = await MosquittoBroker.StartAsync();
        var theirs = await SystemTopicsAsync(mosquitto.Port);
        await using var broker = await BrokerFixture.StartAsync();
        var ours = await SystemTopicsAsync(broker.Port());
        Assert.NotEmpty(theirs);
        var expected = theirs.Where(topic => !others.Any(other => topic.StartsWith(other, StringComparison.Ordinal)));
        Assert.Equal([], expected.Except(ours));
    }

    private static async Task<List<string>> SystemTopicsAsync(int port)
    {
        await using var sub = PeerProcess.Start("mosquitto_sub", ["-h", "127.0.0.1", "-p", Text(port), "-t", "$SYS/#", "-F", "%t", "-W", "3"]);
        await sub.WaitForExitAsync();
        return [.. sub.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct()];
    }

    private UsersFileAuthenticator Users(params string[] names)
    {
        var path = Path.Combine(_folder, "users");
        foreach (var name in names)
        {
            UsersFile.Set(path, name, "secret");
        }

        return new UsersFileAuthenticator(path);
    }

    private static Task<MqttBroker> StartAsync(UsersFileAuthenticator users)
        => BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = users, Authorizer = new AclAuthorizer(Rules) });

    private static string[] As(MqttBroker broker, string user, string password = "secret")
        => ["-h", "127.0.0.1", "-p", Text(broker.Port()), "-V", "mqttv5", "-u", user, "-P", password];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
