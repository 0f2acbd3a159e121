using Gateway.Abstractions.Definitions;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Tests.Configuration;

public class ConfigurationLoaderTests
{
    private readonly MemoryFiles _files = new() { ["etc/devicemaps/a.yaml"] = "" };
    private readonly Dictionary<string, string> _environment = [];

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("uplink:\npublish:\nqueue:\nbroker:\nweb:\n")]
    public void An_empty_file_has_every_default(string text)
    {
        var options = Load(text);

        Assert.Equal(("host1", "/var/lib/gateway", 0), (options.Site, options.Data, options.Uplinks.Count));
        Assert.Equal(["etc/devicemaps"], options.DeviceMaps);
        Assert.Equal(("{site}/{device}/{point}", PayloadStyle.Json, PublishUnit.Point, false), (options.Publish.Topic, options.Publish.Format, options.Publish.Per, options.Publish.Retain));
        Assert.Equal(
            new OfflineQueueOptions { MaxSizeBytes = 1_000_000_000, MaxAge = TimeSpan.FromDays(30), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
            options.Queue);
        Assert.Equal(["mqtt://127.0.0.1:1883/"], options.Broker.Listen.Select(url => url.AbsoluteUri));
        Assert.Null(options.Broker.UsersFile);
        Assert.Equal(["http://127.0.0.1:8080/"], options.Web.Listen.Select(url => url.AbsoluteUri));
    }

    [Fact]
    public void A_bridge_takes_the_broker_and_the_credentials_of_the_uplink()
    {
        _environment["GATEWAY_UPLINK_PASSWORD"] = "secret";
        var options = Load("""
            site: plant1
            uplink: { url: mqtts://a.example, protocol: 3.1.1, username: me }
            bridge:
              topics:
                - { pattern: "zigbee2mqtt/#", direction: both, qos: 2, remote-prefix: "{site}/" }
                - { pattern: "", local-prefix: "shelly/{site}", remote-prefix: here }
            """);

        var bridge = options.Bridge!;
        Assert.True(bridge.IsUplinkBroker);
        Assert.Equal(options.Uplinks[0] with { ClientId = "plant1-bridge" }, bridge.Connection);
        Assert.Equal(
            [
                new BridgeTopic { Pattern = "zigbee2mqtt/#", IsOut = true, IsIn = true, QoS = QualityOfService.ExactlyOnce, RemotePrefix = "plant1/" },
                new BridgeTopic { Pattern = "", IsOut = true, IsIn = false, LocalPrefix = "shelly/plant1", RemotePrefix = "here" },
            ],
            bridge.Topics);
    }

    [Fact]
    public void A_bridge_may_have_a_broker_of_its_own()
    {
        _environment["GATEWAY_BRIDGE_PASSWORD"] = "secret";
        var options = Load("""
            uplink: { url: mqtt://a.example }
            bridge:
              url: mqtts://b.example
              client-id: b
              username: me
              topics: { pattern: "#", direction: in }
            """);

        var bridge = options.Bridge!;
        Assert.False(bridge.IsUplinkBroker);
        Assert.Equal(("b", "me", "secret", "mqtts://b.example:8883/"), (bridge.Connection.ClientId, bridge.Connection.Username, bridge.Connection.Password!.Reveal(), bridge.Connection.Urls[0].AbsoluteUri));
        Assert.Equal(new BridgeTopic { Pattern = "#", IsOut = false, IsIn = true }, Assert.Single(bridge.Topics));
    }

    [Fact]
    public void Every_key_is_read()
    {
        _files["etc/secret"] = "pass word\n";
        _files["/pki/ca.pem"] = _files["/pki/me.pem"] = _files["etc/me.key"] = _files["etc/users"] = _files["etc/more/b.yaml"] = "";
        var options = Load("""
            site: plant1
            devicemaps: [devicemaps, more]
            data: data
            uplink:
              url: [mqtts://a.example, "wss://b.example/mqtt"]
              protocol: 3.1.1
              client-id: gw1
              username: me
              password-file: secret
              qos: 2
              tls: { ca: /pki/ca.pem, certificate: /pki/me.pem, key: me.key }
            publish: { topic: "x/{device}/{point}/{site}", format: json, per: device, retain: true, home-assistant: false }
            queue: { max-size: 500 MB, max-age: 7d, full: block, drain: strict, max-loss: none }
            broker: { listen: [mqtt://127.0.0.1, mqtt://127.0.0.1:1884], users: users }
            web: { listen: [] }
            """);

        Assert.Equal(("plant1", "etc/data"), (options.Site, options.Data));
        Assert.Equal(["etc/devicemaps", "etc/more"], options.DeviceMaps);
        var uplink = options.Uplinks[0];
        Assert.Equal(["mqtts://a.example:8883/", "wss://b.example:443/mqtt"], uplink.Urls.Select(url => $"{url.Scheme}://{url.Host}:{url.Port}{url.AbsolutePath}"));
        Assert.Equal((ProtocolVersion.V311, "gw1", "me", "pass word", QualityOfService.ExactlyOnce), (uplink.Protocol, uplink.ClientId, uplink.Username, uplink.Password!.Reveal(), uplink.QoS));
        Assert.Equal(("/pki/ca.pem", "/pki/me.pem", "etc/me.key"), (uplink.Tls.CertificateAuthorityFile, uplink.Tls.CertificateFile, uplink.Tls.KeyFile));
        Assert.Equal(("x/{device}/{point}/{site}", PublishUnit.Device, true), (options.Publish.Topic, options.Publish.Per, options.Publish.Retain));
        Assert.Equal(
            new OfflineQueueOptions { MaxSizeBytes = 500_000_000, MaxAge = TimeSpan.FromDays(7), Full = FullPolicy.Block, MaxLoss = TimeSpan.Zero },
            options.Queue);
        Assert.Equal([1883, 1884], options.Broker.Listen.Select(url => url.Port));
        Assert.Equal("etc/users", options.Broker.UsersFile);
        Assert.Empty(options.Web.Listen);
    }

    [Theory]
    [InlineData("5", ProtocolVersion.V50)]
    [InlineData("5.0", ProtocolVersion.V50)]
    [InlineData("\"5\"", ProtocolVersion.V50)]
    [InlineData("3.1.1", ProtocolVersion.V311)]
    [InlineData("3.1", ProtocolVersion.V31)]
    public void A_protocol_is_written_with_or_without_its_zero(string text, ProtocolVersion version) =>
        Assert.Equal(version, Load($"uplink: {{ url: mqtt://a.example, protocol: {text} }}\n").Uplinks[0].Protocol);

    [Fact]
    public void An_uplink_has_defaults()
    {
        var uplink = Load("site: s\nuplink: { url: mqtt://a.example }\n").Uplinks[0];

        Assert.Equal((1883, ProtocolVersion.V50, "s-gateway", QualityOfService.AtLeastOnce), (Assert.Single(uplink.Urls).Port, uplink.Protocol, uplink.ClientId, uplink.QoS));
        Assert.Equal(((string?)null, (Secret?)null, new UplinkTlsOptions()), (uplink.Username, uplink.Password, uplink.Tls));
    }

    [Fact]
    public void Several_uplinks_have_names_passwords_and_forms_of_their_own()
    {
        _environment["GATEWAY_UPLINK_PASSWORD"] = "of no one";
        _environment["GATEWAY_UPLINK_THE_CLOUD_PASSWORD"] = "of the cloud";
        var options = Load("""
            site: s
            publish: { topic: "x/{device}/{point}", retain: true }
            uplink:
              - { name: the-cloud, url: mqtts://a.example, username: me, fail-back: never, ack-timeout: 1 min, park-after: 5, follow-references: "*.example.org" }
              - { name: plant, url: mqtt://b.example, publish: { format: value } }
            """);

        var (cloud, plant) = (options.Uplinks[0], options.Uplinks[1]);
        Assert.Equal(("the-cloud", "s-the-cloud-gateway", "of the cloud"), (cloud.Name, cloud.ClientId, cloud.Password!.Reveal()));
        Assert.Equal(((TimeSpan?)null, TimeSpan.FromMinutes(1), 5, "*.example.org"), (cloud.FailBack, cloud.AcknowledgeTimeout, cloud.ParkAfter, Assert.Single(cloud.FollowReferences)));
        Assert.Null(cloud.Publish);
        Assert.Equal(("plant", "s-plant-gateway", (Secret?)null), (plant.Name, plant.ClientId, plant.Password));
        Assert.Equal(new PublishOptions { Topic = "x/{device}/{point}", Format = PayloadStyle.Value, Retain = true }, plant.Publish);
        Assert.Equal((TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30), 3), (plant.FailBack, plant.AcknowledgeTimeout, plant.ParkAfter));
    }

    [Fact]
    public void A_password_comes_from_its_file_before_credentials_before_the_environment()
    {
        const string Uplink = "uplink: { url: mqtts://a.example, username: me }\n";
        Assert.Null(Load(Uplink).Uplinks[0].Password);

        _environment["GATEWAY_UPLINK_PASSWORD"] = "from the environment";
        Assert.Equal("from the environment", Load(Uplink).Uplinks[0].Password!.Reveal());

        _environment["CREDENTIALS_DIRECTORY"] = "/run/credentials";
        _files["/run/credentials/uplink.password"] = "from systemd\n";
        Assert.Equal("from systemd", Load(Uplink).Uplinks[0].Password!.Reveal());

        _files["etc/pw"] = "from the file\r\n";
        Assert.Equal("from the file", Load("uplink: { url: mqtts://a.example, username: me, password-file: pw }\n").Uplinks[0].Password!.Reveal());
    }

    [Fact]
    public void A_password_is_not_printed()
    {
        _environment["GATEWAY_UPLINK_PASSWORD"] = "hunter2";

        Assert.DoesNotContain("hunter2", Load("uplink: { url: mqtts://a.example }\n").ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mqtt://127.0.0.1:1883", "mqtt://127.0.0.1:1883", true)]
    [InlineData("mqtt://localhost:1883", "mqtt://127.0.0.1:1883", true)]
    [InlineData("mqtt://localhost", "mqtt://127.0.0.1:1883", true)]
    [InlineData("mqtt://[::1]:1883", "mqtt://127.0.0.1:1883", true)]
    [InlineData("mqtt://127.0.0.1:1884", "mqtt://0.0.0.0:1884", true)]
    [InlineData("mqtt://HOST1:1884", "mqtt://0.0.0.0:1884", true)]
    [InlineData("mqtt://10.0.0.3:1884", "mqtt://10.0.0.3:1884", true)]
    [InlineData("mqtt://127.0.0.1:1884", "mqtt://127.0.0.1:1883", false)]
    [InlineData("mqtt://broker.example:1883", "mqtt://127.0.0.1:1883", false)]
    [InlineData("mqtt://10.0.0.3:1883", "mqtt://0.0.0.0:1883", false)]
    public void An_uplink_must_not_lead_to_the_gateway_itself(string uplink, string listener, bool isOwn)
    {
        _files["etc/users"] = "";
        _files["etc/gateway.yaml"] = $"uplink: {{ url: \"{uplink}\" }}\nbroker: {{ listen: \"{listener}\", users: users }}\n";

        var result = Loader().Load("etc/gateway.yaml");

        Assert.Equal(isOwn, result.Options is null);
        Assert.Equal(
            isOwn ? [$"etc/gateway.yaml:1:16: error: the gateway's own broker listens on '{uplink}'; give the address of the broker upstream, or move 'listen' of 'broker'"] : [],
            result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString()));
    }

    [Fact]
    public void A_default_folder_that_is_not_there_is_a_warning()
    {
        _files.Clear();
        _files["etc/gateway.yaml"] = "";

        var result = Loader().Load("etc/gateway.yaml");

        Assert.Empty(result.Options!.DeviceMaps);
        Assert.Equal("etc/gateway.yaml: warning: there is no folder 'etc/devicemaps' with device maps, so nothing is polled", Assert.Single(result.Diagnostics).ToString());
    }

    [Theory]
    [InlineData("drain-rate: 100", true)]
    [InlineData("drain-rate: 100, drain: strict", true)]
    [InlineData("drain-rate: 100, drain: live-first", false)]
    [InlineData("drain: strict", false)]
    public void A_rate_that_holds_for_live_readings_too_is_a_warning(string queue, bool isDoubtful)
    {
        _files["etc/gateway.yaml"] = $"queue: {{ {queue} }}\n";

        var result = Loader().Load("etc/gateway.yaml");

        Assert.NotNull(result.Options);
        Assert.Equal(
            isDoubtful ? ["etc/gateway.yaml:1:22: warning: with 'drain: strict' 'drain-rate' slows down live readings too, and what waits grows for ever where more than 100 a second are read; 'drain: live-first' spares them"] : [],
            result.Diagnostics.Select(diagnostic => diagnostic.ToString()));
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error() =>
        Assert.Equal("nowhere.yaml: error: there is no such file", Assert.Single(Loader().Load("nowhere.yaml").Diagnostics).ToString());

    private ConfigurationLoader Loader() => new(_files, _environment.GetValueOrDefault, "host1");

    private GatewayOptions Load(string text)
    {
        _files["etc/gateway.yaml"] = text;
        var result = Loader().Load("etc/gateway.yaml");
        Assert.Empty(result.Diagnostics);
        return result.Options!;
    }
}
