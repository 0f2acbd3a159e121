using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Schema;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Access;
using Gateway.Runtime.Configuration;

namespace Gateway.Runtime.Tests.Configuration;

public class BrokerConfigurationTests
{
    private readonly MemoryFiles _files = new() { ["etc/devicemaps/a.yaml"] = "" };

    public static TheoryData<string> LimitNames => [.. Limits.Keys.Select(key => key.Name)];

    private static SectionSchema Limits => ConfigurationSchema.Schema.Keys.Single(key => key.Name == "broker").Section!.Keys.Single(key => key.Name == "limits").Section!;

    [Fact]
    public void The_access_list_is_read_into_rules()
    {
        _files["etc/acl.yaml"] = """
            everyone:
              read: [$SYS/#, "home/%u/#"]
            anonymous:
              subscribe: "#"
            users:
              ann:
                all: plant1/#
                deny-write: plant1/+/+/set
              bob:
            """;
        var broker = Load("broker: { acl: acl.yaml }");
        Assert.Equal("etc/acl.yaml", broker.AclFile);
        Assert.Equal(
            [
                new AclRule(AclSubject.Everyone, AclAccess.Read, "$SYS/#"),
                new AclRule(AclSubject.Everyone, AclAccess.Read, "home/%u/#"),
                new AclRule(AclSubject.Anonymous, AclAccess.Subscribe, "#"),
                new AclRule(AclSubject.User("ann"), AclAccess.All, "plant1/#"),
                new AclRule(AclSubject.User("ann"), AclAccess.Write, "plant1/+/+/set", IsDenied: true),
            ],
            broker.Acl);
    }

    [Fact]
    public void An_empty_access_list_has_no_rule_and_none_at_all_is_no_list()
    {
        _files["etc/acl.yaml"] = "";
        Assert.Empty(Load("broker: { acl: acl.yaml }").Acl!);
        Assert.Null(Load("").Acl);
    }

    [Theory]
    [InlineData("broker: { users: users, acl: acl.yaml }\n", true)]
    [InlineData("broker: { users: users, acl: acl.yaml }\nweb: { users: users }\n", false)]
    [InlineData("broker: { users: users, acl: acl.yaml }\nweb: { listen: [] }\n", false)]
    [InlineData("broker: { users: users }\n", false)]
    [InlineData("broker: { acl: acl.yaml }\n", false)]
    public void A_page_that_passes_by_the_access_list_is_told(string text, bool isTold)
    {
        _files["etc/acl.yaml"] = "";
        _files["etc/users"] = "";
        var told = Judge(text).Select(each => each.Message);
        Assert.Equal(isTold, told.Any(message => message.StartsWith("the page takes the broker's users, and what 'acl' of 'broker' forbids a client does not count there", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("broker: { listen: [\"mqtt://0.0.0.0\"], users: users }", "'mqtt://0.0.0.0:1883' lets other machines in without encryption, so that passwords can be read on the way; mqtts:// asks for 'tls'")]
    [InlineData("broker: { listen: [\"mqtt://127.0.0.1\", \"ws://[::1]:8083\", \"unix:/run/x\"], users: users }", null)]
    [InlineData("uplink: { url: \"mqtt://b.example\", username: me, password-file: pw }", "the password goes to mqtt://b.example:1883 without encryption and can be read on the way; write mqtts:// where the broker has TLS")]
    [InlineData("uplink: { url: [\"mqtts://b.example\", \"ws://b.example/mqtt\"], username: me, password-file: pw }", "the password goes to ws://b.example without encryption and can be read on the way; write wss:// where the broker has TLS")]
    [InlineData("uplink: { url: \"mqtt://b.example\", username: me, password-file: pw, authentication: scram-sha-256 }", null)]
    [InlineData("uplink: { url: \"mqtt://localhost:1884\", username: me, password-file: pw }", null)]
    [InlineData("uplink: { url: \"mqtt://b.example\" }", null)]
    public void A_password_that_others_can_read_on_the_way_is_told(string text, string? doubt)
    {
        _files["etc/users"] = "";
        _files["etc/pw"] = "secret";
        Assert.Equal(doubt is null ? [] : [doubt], Judge(text).Select(each => each.Message));
    }

    [Theory]
    [InlineData("uplink: { url: \"mqtt://b.example\", qos: 0 }", true)]
    [InlineData("uplink: { url: \"mqtt://b.example\", qos: 1 }", false)]
    public void An_uplink_that_loses_what_is_under_way_is_told(string text, bool isTold) => Assert.Equal(
        isTold, Judge(text).Any(each => each.Message == "with QoS 0 a reading leaves the queue when it is sent, and what is under way when the connection breaks is lost; write qos: 1 to keep it until the broker has it"));

    [Fact]
    public void Limits_that_are_left_out_are_the_brokers_own()
    {
        Assert.Equal(new BrokerLimits(), Load("").Limits);
        var broker = Load("broker: { limits: { packet-size: 1 MB, connect-timeout: 5 s, message-rate: 100, queued-size: 1 GB }, sys-interval: 0 s, validate-payload-format: true }");
        Assert.Equal(
            new BrokerLimits { PacketSize = 1_000_000, ConnectTimeout = TimeSpan.FromSeconds(5), MessageRate = 100, QueuedBytes = 1_000_000_000 },
            broker.Limits);
        Assert.Equal((TimeSpan.Zero, true), (broker.SystemTopicsInterval, broker.ValidatesPayloadFormat));
    }

    [Theory]
    [MemberData(nameof(LimitNames))]
    public void The_ends_of_a_limits_range_are_set_and_the_broker_takes_them(string name)
    {
        var key = Limits.Keys.Single(key => key.Name == name);
        var least = Load($"broker: {{ limits: {{ {name}: {Text(key, key.Minimum!.Value)} }} }}").Limits;
        var most = Load($"broker: {{ limits: {{ {name}: {Text(key, key.Maximum!.Value)} }} }}").Limits;
        Assert.NotEqual(least, most);
        Assert.Null(new MqttBrokerOptions { Limits = least }.Validate());
        Assert.Null(new MqttBrokerOptions { Limits = most }.Validate());
    }

    private static string Text(KeySchema key, decimal value) => key.Type switch
    {
        KeyType.Duration => $"{value * 1000:0} ms",
        KeyType.Size => Quantity.Format((long)value),
        _ => $"{value:0}",
    };

    private BrokerOptions Load(string text)
    {
        var result = Read(text);
        Assert.Empty(result.Diagnostics);
        return result.Options!.Broker;
    }

    private IReadOnlyList<Diagnostic> Judge(string text) => Read(text).Diagnostics;

    private ConfigurationResult Read(string text)
    {
        _files["etc/gateway.yaml"] = text;
        return new ConfigurationLoader(_files, _ => null, "host1").Load("etc/gateway.yaml");
    }
}
