using Gateway.Abstractions.Schema;

namespace Gateway.Runtime.Configuration;

/// <summary>What <c>gateway.yaml</c> may say.</summary>
public static class ConfigurationSchema
{
    /// <summary>What the file is called.</summary>
    public const string Title = "The configuration of the gateway, gateway.yaml";

    private const string UsePasswordFile =
        "a password does not belong in this file: write it into a file of its own and name that in 'password-file', or set GATEWAY_UPLINK_PASSWORD";

    private static readonly SectionSchema Tls = new()
    {
        Name = "uplink tls",
        Keys =
        [
            new() { Name = "ca", Type = KeyType.Text, Description = "PEM file of the authorities to trust; left out, those of the system.", Example = "/etc/gateway/ca.pem" },
            new() { Name = "certificate", Type = KeyType.Text, Description = "PEM file with the gateway's own certificate.", Example = "/etc/gateway/me.pem" },
            new() { Name = "key", Type = KeyType.Text, Description = "PEM file with the certificate's key.", Example = "/etc/gateway/me.key" },
            new() { Name = "alpn", Type = KeyType.Text, Description = "The protocol to ask for by ALPN over mqtts; left out, none. AWS IoT asks for x-amzn-mqtt-ca on port 443.", Example = "x-amzn-mqtt-ca" },
        ],
    };

    private static readonly SectionSchema Uplink = new()
    {
        Name = "uplink",
        Keys =
        [
            new() { Name = "url", Type = KeyType.TextList, Required = true, Description = "The upstream broker: mqtt, mqtts, ws or wss; a list is tried in order.", Example = "mqtt://broker.example.org:1883" },
            new() { Name = "protocol", Type = KeyType.Choice, Choices = ["5", "5.0", "3.1.1", "3.1"], Default = "5", Description = "The version of MQTT.", Example = "3.1.1" },
            new() { Name = "client-id", Type = KeyType.Text, Description = "The client identifier; left out, the site and '-gateway'.", Example = "plant1-gateway" },
            new() { Name = "username", Type = KeyType.Text, Description = "The user name.", Example = "plant1" },
            new() { Name = "password-file", Type = KeyType.Text, Description = "A file that holds the password and nothing else.", Example = "/etc/gateway/uplink.password" },
            new() { Name = "authentication", Type = KeyType.Choice, Choices = ["password", "scram-sha-256"], Default = "password", Description = "How user name and password are shown: as they are, or by SCRAM-SHA-256 of MQTT 5, which never sends the password.", Example = "scram-sha-256" },
            new() { Name = "qos", Type = KeyType.Integer, Default = 1L, Minimum = 0, Maximum = 2, Description = "How messages are delivered: 0 at most once, 1 at least once, 2 exactly once.", Example = "1" },
            new() { Name = "tls", Type = KeyType.Section, Section = Tls, Description = "What mqtts and wss trust and show.", Example = "{ ca: /etc/gateway/ca.pem }" },
        ],
        Instead = new Dictionary<string, string>
        {
            ["password"] = UsePasswordFile,
            ["host"] = "write it as 'url: mqtt://HOST:PORT'",
            ["port"] = "write it as 'url: mqtt://HOST:PORT'",
        },
    };

    private static readonly SectionSchema BridgeTopic = new()
    {
        Name = "a topic of the bridge",
        Keys =
        [
            new() { Name = "pattern", Type = KeyType.Text, Required = true, Description = "The topics, as in a subscription: + and # are wildcards. The prefixes come before it.", Example = "\"zigbee2mqtt/#\"" },
            new() { Name = "direction", Type = KeyType.Choice, Choices = ["out", "in", "both"], Default = "out", Description = "Which way: out to the upstream broker, in from it, or both.", Example = "both" },
            new() { Name = "qos", Type = KeyType.Integer, Default = 1L, Minimum = 0, Maximum = 2, Description = "The most that a message keeps of its own QoS; with 0 nothing waits in the queue while the upstream broker is away.", Example = "1" },
            new() { Name = "local-prefix", Type = KeyType.Text, Default = "", Description = "What comes before the pattern at the local broker; may have {site}.", Example = "\"home/\"" },
            new() { Name = "remote-prefix", Type = KeyType.Text, Default = "", Description = "What comes before the pattern at the upstream broker; may have {site}.", Example = "\"{site}/\"" },
        ],
        Instead = new Dictionary<string, string>
        {
            ["topic"] = "write it as 'pattern'",
            ["local"] = "write it as 'local-prefix'",
            ["remote"] = "write it as 'remote-prefix'",
        },
    };

    private static readonly SectionSchema Bridge = new()
    {
        Name = "bridge",
        Keys =
        [
            new() { Name = "topics", Type = KeyType.SectionList, Section = BridgeTopic, Required = true, Description = "What is passed on; the first entry that fits a message counts.", Example = "[{ pattern: \"zigbee2mqtt/#\", direction: both }]" },
            new() { Name = "url", Type = KeyType.TextList, Description = "The upstream broker, as in 'uplink'; left out, the uplink's, with its credentials.", Example = "mqtt://broker.example.org:1883" },
            .. Uplink.Keys.Where(key => key.Name is "protocol" or "username" or "password-file" or "authentication" or "tls"),
            new() { Name = "client-id", Type = KeyType.Text, Description = "The client identifier; left out, the site and '-bridge'.", Example = "plant1-bridge" },
        ],
        Instead = new Dictionary<string, string>
        {
            ["password"] = "a password does not belong in this file: write it into a file of its own and name that in 'password-file', or set GATEWAY_BRIDGE_PASSWORD",
            ["address"] = "write it as 'url: mqtt://HOST:PORT'",
            ["host"] = "write it as 'url: mqtt://HOST:PORT'",
            ["port"] = "write it as 'url: mqtt://HOST:PORT'",
            ["topic"] = "topics stand in the list 'topics', for example [{ pattern: \"#\", direction: out }]",
            ["remote_clientid"] = "write it as 'client-id'",
            ["remote_username"] = "write it as 'username'",
            ["remote_password"] = "write the password into a file of its own and name that in 'password-file'",
            ["cleansession"] = "leave it out: the upstream session is kept",
        },
    };

    private static readonly SectionSchema Publish = new()
    {
        Name = "publish",
        Keys =
        [
            new() { Name = "topic", Type = KeyType.Text, Default = "{site}/{device}/{point}", Description = "The topic, with the placeholders {site}, {device} and {point}.", Example = "\"{site}/{device}/{point}\"" },
            new() { Name = "format", Type = KeyType.Choice, Choices = ["json", "value", "influx", "thingsboard", "template"], Default = "json", Description = "What a message looks like.", Example = "json" },
            new() { Name = "per", Type = KeyType.Choice, Choices = ["point", "device"], Default = "point", Description = "What a message is about: one reading of a point, or one poll of a device.", Example = "device" },
            new() { Name = "retain", Type = KeyType.Boolean, Default = false, Description = "Whether the upstream broker keeps the last message of a topic; the local broker always does.", Example = "true" },
            new() { Name = "home-assistant", Type = KeyType.Boolean, Default = false, Description = "Whether devices announce themselves to Home Assistant.", Example = "true" },
        ],
    };

    private static readonly SectionSchema Queue = new()
    {
        Name = "queue",
        Keys =
        [
            new() { Name = "max-size", Type = KeyType.Size, Default = 1_000_000_000L, Minimum = 1_000_000, Maximum = 1_000_000_000_000, Description = "Room on the disk.", Example = "1 GB" },
            new() { Name = "keep-free", Type = KeyType.Size, Default = 100_000_000L, Minimum = 0, Maximum = 1_000_000_000_000, Description = "What stays free on its disk for the system: with less than that the queue grows no further, and 'full' says what gives way.", Example = "500 MB" },
            new() { Name = "memory", Type = KeyType.Size, Default = 16_000_000L, Minimum = 1_000_000, Maximum = 1_000_000_000, Description = "Memory for readings: those that the disk does not have yet, and all while it cannot be used.", Example = "32 MB" },
            new() { Name = "max-age", Type = KeyType.Duration, Default = TimeSpan.FromDays(30), Minimum = 1, Maximum = 3650 * 86_400, Description = "The age at which a reading is dropped.", Example = "30 d" },
            new() { Name = "full", Type = KeyType.Choice, Choices = ["drop-oldest", "drop-newest", "thin-out", "block"], Default = "drop-oldest", Description = "What gives way when the queue is full: the oldest readings; new ones; with thin-out every second reading of a point among the older half, again and again; with block, new readings are refused and counted, and polling goes on.", Example = "drop-newest" },
            new() { Name = "drain", Type = KeyType.Choice, Choices = ["strict", "live-first"], Default = "strict", Description = "In which order readings leave after an outage: strict, as they were acquired; live-first, what is acquired from then on at once, and the backlog beside it, marked.", Example = "live-first" },
            new() { Name = "drain-rate", Type = KeyType.Integer, Minimum = 1, Maximum = 1_000_000, Unit = "messages per second", Description = "How fast the backlog leaves at most; left out, as fast as it goes. With drain: strict it holds for all but urgent readings.", Example = "500" },
            new() { Name = "max-loss", Type = KeyType.Duration, Choices = ["none"], Default = TimeSpan.FromSeconds(1), Minimum = 0.01m, Maximum = 3600, Description = "How much of what was acquired a power cut may cost.", Example = "1 s" },
        ],
    };

    private static readonly SectionSchema Broker = new()
    {
        Name = "broker",
        Keys =
        [
            new() { Name = "listen", Type = KeyType.TextList, Default = new[] { "mqtt://127.0.0.1:1883" }, Description = "Where the local broker listens: mqtt, mqtts, ws or wss with HOST:PORT, or unix:/PATH; [] is nowhere.", Example = "[mqtt://127.0.0.1:1883]" },
            new() { Name = "tls", Type = KeyType.Section, Section = BrokerTlsReader.Schema, Description = "The certificates of mqtts and wss.", Example = "{ certificate: server.pem, key: server.key }" },
            new() { Name = "origins", Type = KeyType.TextList, Default = Array.Empty<string>(), Description = "Web pages of other hosts that may connect by ws and wss, by their origin; '*' is all.", Example = "[https://dashboard.example.org]" },
            new() { Name = "users", Type = KeyType.Text, Description = "The users file, made by 'gateway passwd'.", Example = "users" },
            new() { Name = "acl", Type = KeyType.Text, Description = "The access list: who may read and write which topics.", Example = "acl.yaml" },
            new() { Name = "limits", Type = KeyType.Section, Section = BrokerLimitsSchema.Schema, Description = "What clients may take.", Example = "{ packet-size: 1 MB }" },
            new() { Name = "sys-interval", Type = KeyType.Duration, Default = TimeSpan.FromSeconds(10), Minimum = 0, Maximum = 86_400, Description = "How often the topics below $SYS are published; 0 s: never.", Example = "10 s" },
            new() { Name = "validate-payload-format", Type = KeyType.Boolean, Default = false, Description = "Whether payloads that MQTT 5 clients declare to be text are checked to be.", Example = "true" },
        ],
    };

    private static readonly SectionSchema Web = new()
    {
        Name = "web",
        Keys = [new() { Name = "listen", Type = KeyType.TextList, Default = new[] { "http://127.0.0.1:8080" }, Description = "Where the page is served; [] is nowhere.", Example = "http://127.0.0.1:8080" }],
    };

    /// <summary>The whole file.</summary>
    public static SectionSchema Schema { get; } = new()
    {
        Name = "the configuration",
        Keys =
        [
            new() { Name = "site", Type = KeyType.Text, Description = "The first level of the topics; left out, the host name.", Example = "plant1" },
            new() { Name = "devicemaps", Type = KeyType.TextList, Default = new[] { "devicemaps" }, Description = "The folder of the device maps, or a list; its *.yaml, not its sub-folders, are maps.", Example = "devicemaps" },
            new() { Name = "data", Type = KeyType.Text, Default = "/var/lib/gateway", Description = "The folder of the gateway's state.", Example = "data" },
            new() { Name = "uplink", Type = KeyType.Section, Section = Uplink, Description = "The upstream broker; left out, the local broker is all there is.", Example = "{ url: mqtt://broker.example.org:1883 }" },
            new() { Name = "publish", Type = KeyType.Section, Section = Publish, Description = "What is published, and how.", Example = "{ format: json }" },
            new() { Name = "queue", Type = KeyType.Section, Section = Queue, Description = "The offline queue.", Example = "{ max-size: 1 GB }" },
            new() { Name = "broker", Type = KeyType.Section, Section = Broker, Description = "The local broker.", Example = "{ users: users }" },
            new() { Name = "bridge", Type = KeyType.Section, Section = Bridge, Description = "What passes between the local broker and the upstream one beside the gateway's own readings; left out, nothing.", Example = "{ topics: [{ pattern: \"zigbee2mqtt/#\", direction: both }] }" },
            new() { Name = "serve", Type = KeyType.SectionList, Section = ServeSchema.Entry, Description = "What other Modbus clients find here: the newest values, or a way through to a bus; left out, nothing.", Example = "{ modbus: tcp, listen: 127.0.0.1:1502, proxy: meter }" },
            new() { Name = "web", Type = KeyType.Section, Section = Web, Description = "The page.", Example = "{ listen: http://127.0.0.1:8080 }" },
        ],
        Instead = new Dictionary<string, string>
        {
            ["bus"] = "buses and devices stand in the files of the folder 'devicemaps'",
            ["devices"] = "buses and devices stand in the files of the folder 'devicemaps'",
            ["mqtt"] = "the upstream broker is 'uplink', the local one 'broker'",
        },
    };
}
