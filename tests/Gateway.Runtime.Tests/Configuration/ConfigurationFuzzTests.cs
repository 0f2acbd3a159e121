using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.Configuration;

/// <summary>Configurations, access lists and users files that were damaged: each is taken, or refused in a sentence with its place.</summary>
public sealed class ConfigurationFuzzTests
{
    private const string Configuration = """
        site: plant1
        devicemaps: [devicemaps, more]
        uplink:
          - { name: a, url: ["mqtts://a.example", "wss://b.example/mqtt"], protocol: 3.1.1, username: me, password-file: pw, qos: 2, tls: { ca: ca.pem } }
          - { name: b, url: mqtt://c.example, fail-back: 5 min, publish: { format: influx, topic: "x/{device}" } }
        bridge: { topics: [{ pattern: "zigbee2mqtt/#", direction: both, qos: 2, remote-prefix: "{site}/" }], url: mqtt://d.example }
        publish: { topic: "{site}/{device}/{point}", format: template, template: '{"v":{value},"t":"{time}"}', retain: true, home-assistant: true }
        queue: { max-size: 1 GB, max-age: 30 d, full: thin-out, drain: live-first, drain-rate: 500, max-loss: 1 s, keep-free: 100 MB }
        broker: { listen: [mqtt://127.0.0.1:1883, "unix:/run/g.sock"], users: users, acl: acl.yaml, limits: { packet-size: 1 MB } }
        serve: [{ modbus: tcp, listen: "127.0.0.1:5020", values: [{ holding: 0, point: a.b, type: int16 }] }]
        metrics: { otlp: "http://127.0.0.1:4318", every: 30 s }
        web: { listen: http://127.0.0.1:8080, history: 100 MB }
        """;

    private const string AccessList = """
        - { user: ann, read: ["plant1/#"], write: ["plant1/+/+/set"] }
        - { user: "*", subscribe: ["$share/g/a/#", "%u/%c/#"] }
        """;

    private const string Users = "ann:$scram-sha-256$i=4096$c2FsdA==$AAAA$BBBB\n# nobody\n\nbob:x\n";

    [Theory]
    [InlineData("gateway.yaml", 1)]
    [InlineData("gateway.yaml", 2)]
    [InlineData("acl.yaml", 3)]
    [InlineData("users", 4)]
    public void Whatever_is_damaged_is_told_with_its_place(string damaged, int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300 * Fuzz.Factor; round++)
        {
            var files = new MemoryFiles
            {
                ["etc/gateway.yaml"] = Configuration,
                ["etc/acl.yaml"] = AccessList,
                ["etc/users"] = Users,
                ["etc/pw"] = "secret",
                ["etc/devicemaps/a.yaml"] = "",
                ["etc/more/a.yaml"] = "",
            };
            var path = $"etc/{damaged}";
            var text = Encoding.UTF8.GetString(Fuzz.Mutate(Encoding.UTF8.GetBytes(files[path]), random));
            files[path] = text;

            var result = new ConfigurationLoader(files, _ => null, "host1").Load("etc/gateway.yaml");

            Assert.All(result.Diagnostics, diagnostic =>
            {
                Assert.NotEmpty(diagnostic.Location.File);
                Assert.NotEmpty(diagnostic.Message);
                Assert.DoesNotContain("Exception", diagnostic.Message, StringComparison.Ordinal);
                Assert.DoesNotContain("secret", diagnostic.Message, StringComparison.Ordinal);
            });
            Assert.True(result.Options is not null || result.Diagnostics.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error), text);
        }
    }
}
