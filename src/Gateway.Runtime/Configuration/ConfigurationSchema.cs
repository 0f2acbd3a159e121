using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Schema;

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

    private static readonly SectionSchema UplinkPublish = new()
    {
        Name = "publish of an uplink",
        Keys =
        [
            new() { Name = "topic", Type = KeyType.Text, Description = "The topic; left out, that of 'publish'.", Example = "\"{site}/{device}/{point}\"" },
            new() { Name = "format", Type = KeyType.Choice, Choices = ["json", "value", "influx", "thingsboard", "template"], Description = "What a message looks like; left out, as 'publish' says.", Example = "json" },
            new() { Name = "template", Type = KeyType.Text, Description = "The payload's form with format: template; left out, that of 'publish'.", Example = "'{\"v\":\"{value}\",\"at\":\"{time}\"}'" },
            new() { Name = "retain", Type = KeyType.Boolean, Description = "Whether the broker keeps the last message of a topic; left out, as 'publish' says.", Example = "true" },
            new() { Name = "home-assistant", Type = KeyType.Boolean, Description = "Whether devices announce themselves to a Home Assistant at this broker; left out, as 'publish' says.", Example = "true" },
            new() { Name = "home-assistant-prefix", Type = KeyType.Text, Description = "The prefix that Home Assistant looks below at this broker; left out, that of 'publish'.", Example = "homeassistant" },
        ],
        Instead = new Dictionary<string, string> { ["per"] = "it holds for all uplinks, so it stands in 'publish' beside them" },
    };

    private static readonly SectionSchema Uplink = new()
    {
        Name = "uplink",
        Keys =
        [
            new() { Name = "name", Type = KeyType.Text, Description = "What it is called where there are several: letters, digits and hyphens.", Example = "cloud" },
            new() { Name = "url", Type = KeyType.TextList, Required = true, Description = "The upstream broker: mqtt, mqtts, ws or wss; a list is tried in order.", Example = "mqtt://broker.example.org:1883" },
            new() { Name = "protocol", Type = KeyType.Choice, Choices = ["5", "5.0", "3.1.1", "3.1"], Default = "5", Description = "The version of MQTT.", Example = "3.1.1" },
            new() { Name = "client-id", Type = KeyType.Text, Description = "The client identifier; left out, the site and '-gateway'.", Example = "plant1-gateway" },
            new() { Name = "username", Type = KeyType.Text, Description = "The user name.", Example = "plant1" },
            new() { Name = "password-file", Type = KeyType.Text, Description = "A file that holds the password and nothing else.", Example = "/etc/gateway/uplink.password" },
            new() { Name = "authentication", Type = KeyType.Choice, Choices = ["password", "scram-sha-256"], Default = "password", Description = "How user name and password are shown: as they are, or by SCRAM-SHA-256 of MQTT 5, which never sends the password.", Example = "scram-sha-256" },
            new() { Name = "qos", Type = KeyType.Integer, Default = 1L, Minimum = 0, Maximum = 2, Description = "How messages are delivered: 0 at most once, 1 at least once, 2 exactly once.", Example = "1" },
            new() { Name = "fail-back", Type = KeyType.Duration, Choices = ["never"], Default = TimeSpan.FromMinutes(5), Minimum = 0.1m, Maximum = 86_400, Description = "How long an earlier broker of the list must have answered until the gateway goes back to it from a later one.", Example = "10 min" },
            new() { Name = "ack-timeout", Type = KeyType.Duration, Default = TimeSpan.FromSeconds(30), Minimum = 1, Maximum = 3600, Description = "How long the broker may leave the oldest message unacknowledged; then the gateway connects anew, to the next of the list first.", Example = "1 min" },
            new() { Name = "park-after", Type = KeyType.Integer, Default = 3L, Minimum = 1, Maximum = 100, Unit = "refusals", Description = "After how many refusals a message is parked, while the broker takes others: 'gateway queue list --parked' shows such, 'gateway queue retry' sends them again.", Example = "3" },
            new() { Name = "follow-references", Type = KeyType.TextList, Description = "Hosts beside those of 'url' to which a broker may send the gateway (Server Reference of MQTT 5), and with it the credentials: names, *.example.org, or *; left out, none.", Example = "[\"*.example.org\"]" },
            new() { Name = "publish", Type = KeyType.Section, Section = UplinkPublish, Description = "What is published to it otherwise than 'publish' says.", Example = "{ format: value }" },
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
            .. Uplink.Keys.Where(key => key.Name is "protocol" or "username" or "password-file" or "authentication" or "fail-back" or "ack-timeout" or "park-after" or "follow-references" or "tls"),
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
            new() { Name = "format", Type = KeyType.Choice, Choices = ["json", "value", "influx", "thingsboard", "template"], Default = "json", Description = "What a message looks like: json with time, quality and unit; the bare value; a line of InfluxDB's protocol; what ThingsBoard takes, with its topics, attributes and commands; or 'template'.", Example = "json" },
            new() { Name = "template", Type = KeyType.Text, Description = "The payload's form with format: template: JSON in which the texts {value}, {time}, {time_ms}, {unit}, {quality}, {reason}, {site}, {device}, {point}, {id}, {backlog} and {clock} become what they say; with per: device {values} and {errors}.", Example = "'{\"v\":\"{value}\",\"at\":\"{time}\"}'" },
            new() { Name = "per", Type = KeyType.Choice, Choices = ["point", "device"], Default = "point", Description = "What a message is about: one reading of a point, or one poll of a device.", Example = "device" },
            new() { Name = "retain", Type = KeyType.Boolean, Default = false, Description = "Whether the upstream broker keeps the last message of a topic; the local broker always does.", Example = "true" },
            new() { Name = "home-assistant", Type = KeyType.Boolean, Default = false, Description = "Whether devices announce themselves to Home Assistant, at the local broker and at each uplink.", Example = "true" },
            new() { Name = "home-assistant-prefix", Type = KeyType.Text, Default = PublishReader.DefaultHomeAssistantPrefix, Description = "The prefix that Home Assistant looks below for devices.", Example = "homeassistant" },
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
            new() { Name = "full", Type = KeyType.Choice, Choices = ["drop-oldest", "drop-newest", "thin-out", "block"], Default = "drop-oldest", Description = "What gives way when the queue is full: the oldest readings; new ones; with thin-out every second reading of a point among the older half, again and again; with block nothing: new readings are refused and counted, polling goes on, and those on site see them all the same.", Example = "drop-newest" },
            new() { Name = "drain", Type = KeyType.Choice, Choices = ["strict", "live-first"], Default = "strict", Description = "In which order readings leave after an outage: strict, as they were acquired; live-first, what is acquired from then on at once, and the backlog beside it, marked.", Example = "live-first" },
            new() { Name = "drain-rate", Type = KeyType.Integer, Minimum = 1, Maximum = 1_000_000, Unit = "messages per second", Description = "How fast the backlog leaves at most; left out, as fast as it goes. With drain: strict it holds for live readings, too, all but urgent ones, and the queue never empties if more are read; 'check' warns of that.", Example = "500" },
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

    /// <summary>The whole file.</summary>
    public static SectionSchema Schema { get; } = new()
    {
        Name = "the configuration",
        Keys =
        [
            new() { Name = "site", Type = KeyType.Text, Description = "The first level of the topics; left out, the host name.", Example = "plant1" },
            new() { Name = "devicemaps", Type = KeyType.TextList, Default = new[] { "devicemaps" }, Description = "The folder of the device maps, or a list; its *.yaml, not its sub-folders, are maps.", Example = "devicemaps" },
            new() { Name = "data", Type = KeyType.Text, Default = "/var/lib/gateway", Description = "The folder of the gateway's state.", Example = "data" },
            new() { Name = "clock", Type = KeyType.Choice, Choices = ["auto", "trusted"], Default = "auto", Description = "Whether the machine's clock is believed: auto, once it is synchronised or a battery-backed clock agrees, and readings are marked until then; trusted, always.", Example = "trusted" },
            new() { Name = "uplink", Type = KeyType.SectionList, Section = Uplink, Description = "The upstream broker, or a list of uplinks with a name each, all of which get every reading; left out, the local broker is all there is.", Example = "{ url: mqtt://broker.example.org:1883 }" },
            new() { Name = "publish", Type = KeyType.Section, Section = Publish, Description = "What is published, and how.", Example = "{ format: json }" },
            new() { Name = "queue", Type = KeyType.Section, Section = Queue, Description = "The offline queue.", Example = "{ max-size: 1 GB }" },
            new() { Name = "broker", Type = KeyType.Section, Section = Broker, Description = "The local broker.", Example = "{ users: users }" },
            new() { Name = "bridge", Type = KeyType.Section, Section = Bridge, Description = "What passes between the local broker and the upstream one beside the gateway's own readings; left out, nothing.", Example = "{ topics: [{ pattern: \"zigbee2mqtt/#\", direction: both }] }" },
            new() { Name = "serve", Type = KeyType.SectionList, Section = ServeSchema.Entry, Description = "What other Modbus clients find here: the newest values, or a way through to a bus; left out, nothing.", Example = "{ modbus: tcp, listen: 127.0.0.1:1502, proxy: meter }" },
            new() { Name = "metrics", Type = KeyType.Section, Section = MetricsSectionReader.Schema, Description = "Where metrics are sent; the page has them at /metrics in any case.", Example = "{ otlp: http://collector.example.org:4318 }" },
            new() { Name = "web", Type = KeyType.Section, Section = WebReader.Schema, Description = "The page.", Example = "{ listen: http://127.0.0.1:8080 }" },
            FileSchema.Key,
        ],
        Instead = new Dictionary<string, string>
        {
            ["bus"] = "buses and devices stand in the files of the folder 'devicemaps'",
            ["devices"] = "buses and devices stand in the files of the folder 'devicemaps'",
            ["mqtt"] = "the upstream broker is 'uplink', the local one 'broker'",
        },
    };
}
