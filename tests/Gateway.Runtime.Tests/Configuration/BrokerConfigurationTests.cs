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
        _files["etc/gateway.yaml"] = text;
        var result = new ConfigurationLoader(_files, _ => null, "host1").Load("etc/gateway.yaml");
        Assert.Empty(result.Diagnostics);
        return result.Options!.Broker;
    }
}
