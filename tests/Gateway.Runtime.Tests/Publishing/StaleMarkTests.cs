using System.Buffers;
using System.Text;
using Gateway.Abstractions;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Packets;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Runtime.Publishing;
using Gateway.Storage.Queue;

namespace Gateway.Runtime.Tests.Publishing;

/// <summary>What becomes of retained readings when the gateway starts again.</summary>
public class StaleMarkTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 1, 2, 3, 4, TimeSpan.Zero);
    private static readonly PublishOptions Publish = new() { Topic = PublishOptions.DefaultTopic, Retain = true };

    private const string Fresh = """{"value":21.50,"time":"2026-11-22T01:02:03.004Z","quality":"good","unit":"°C","id":"plant1-17-000123"}""";
    private const string Marked = """{"value":21.50,"time":"2026-11-22T01:02:03.004Z","quality":"stale","reason":"restart","unit":"°C","id":"plant1-17-000123"}""";

    [Theory]
    [InlineData(Fresh, Marked)]
    [InlineData(
        """{"value":3,"time":"2026-11-22T01:02:03.004Z","clock":"unsynchronised","quality":"uncertain","reason":"missed-edges","id":"plant1-17-000123"}""",
        """{"value":3,"time":"2026-11-22T01:02:03.004Z","clock":"unsynchronised","quality":"stale","reason":"restart","id":"plant1-17-000123"}""")]
    [InlineData(
        """{"time":"2026-11-22T01:02:03.004Z","id":"plant1-17-000123","values":{"quality":"good","flow":[1,2]}}""",
        """{"time":"2026-11-22T01:02:03.004Z","id":"plant1-17-000123","values":{"quality":"good","flow":[1,2]},"quality":"stale","reason":"restart"}""")]
    public void A_reading_that_looks_fresh_is_marked(string payload, string expected) => Assert.Equal(expected, Apply(payload));

    [Theory]
    [InlineData("""{"value":null,"time":"2026-11-22T01:02:03.004Z","quality":"bad","reason":"timeout","id":"plant1-17-000123"}""")]
    [InlineData(Marked)]
    public void A_reading_that_does_not_look_fresh_stays_as_it_is(string payload) => Assert.Equal(payload, Apply(payload));

    [Theory]
    [InlineData("21.5")]
    [InlineData("online")]
    [InlineData("")]
    [InlineData("""{"status":"offline","since":"2026-11-22T01:02:03.004Z"}""")]
    [InlineData("""["time","id","quality"]""")]
    [InlineData("""{"value":1,"time":""")]
    [InlineData("""{"time":1,"id":"plant1-17-000123","quality":1}""")]
    [InlineData("""{"time":1,"id":"plant1-17-000123","quality":{"good":true}}""")]
    [InlineData("""{"time":1,"id":"plant1-17-000123","quality":"perfect"}""")]
    [InlineData("""{"time":1,"id":"plant1-17-000123","quality":"\ud800"}""")]
    [InlineData("""{"time":1,"id":"plant1-17-000123","quality":"good","unit":"\ud800"}""")]
    public void Whatever_else_has_no_place_for_a_quality(string payload) => Assert.Null(Apply(payload));

    [Theory]
    [InlineData("boiler,device=boiler,quality=good,site=plant1 flow=21.5 1", "boiler,device=boiler,quality=stale,site=plant1 flow=21.5 1")]
    [InlineData(
        "b,clock=unsynchronised,device=b,quality=good,site=p a=1 1\nb,clock=unsynchronised,device=b,quality=uncertain,site=p m=\",quality=good,site=\" 1\nb,device=b,quality=bad,site=p x_error=\"timeout\" 1",
        "b,clock=unsynchronised,device=b,quality=stale,site=p a=1 1\nb,clock=unsynchronised,device=b,quality=stale,site=p m=\",quality=good,site=\" 1\nb,device=b,quality=bad,site=p x_error=\"timeout\" 1")]
    [InlineData(
        @"a\,quality=good\,site=x,device=a\,quality\=good\,site\=x,quality=good,site=p f=1 1",
        @"a\,quality=good\,site=x,device=a\,quality\=good\,site\=x,quality=stale,site=p f=1 1")]
    [InlineData("boiler,device=boiler,quality=perfect,site=plant1 flow=21.5 1", null)]
    [InlineData("boiler,device=boiler,quality=good,site=plant1 flow=21.5 1\n21.5", null)]
    [InlineData(",quality=good,site=", null)]
    public void Lines_of_Influx_are_marked_by_their_tag(string lines, string? expected) => Assert.Equal(expected, Apply(lines));

    [Theory]
    [InlineData("""{"v":"{value}","q":"{quality}","why":"{reason}"}""", """{"v":21.5,"q":"good","why":null}""", """{"v":21.5,"q":"stale","why":"restart"}""")]
    [InlineData("""{"v":"{value}","q":"{quality}","why":"{reason}"}""", """{"v":null,"q":"bad","why":"timeout"}""", """{"v":null,"q":"bad","why":"timeout"}""")]
    [InlineData("""["{quality}","{value}"]""", """["uncertain",[1,{"quality":"good"}]]""", """["stale",[1,{"quality":"good"}]]""")]
    [InlineData("""{"of {device}":"{value}","q":"{quality}: {reason}, {time}"}""", """{"of boi\"ler":"good: ","q":"good: , 2026"}""", """{"of boi\"ler":"good: ","q":"stale: restart, 2026"}""")]
    [InlineData("""{"v":"{value}","t":"{time}"}""", """{"v":21.5,"t":"2026"}""", null)] // does not tell it
    [InlineData("""{"v":"{value}","q":"{quality}"}""", """{"value":21.5,"quality":"good"}""", null)] // another template's
    [InlineData("""{"v":"{value}","q":"{quality}"}""", """{"v":21.5,"q":"perfect"}""", null)]
    [InlineData("""{"v":"{value}","q":"{quality}"}""", """{"v":21.5,"q":"good"} """, null)]
    [InlineData("""{"v":"{value}","q":"{quality}"}""", """{"v":21.5,"q":""", null)]
    [InlineData("""["{value}","{quality}{unit}"]""", """[1,"good°C"]""", null)] // where it ends cannot be told
    public void A_template_is_marked_where_it_tells_the_quality(string template, string payload, string? expected) =>
        Assert.Equal(expected, Apply(payload, PayloadTemplate.Parse(template, PublishUnit.Point, out _)));

    [Fact]
    public async Task A_late_subscriber_finds_the_values_of_before_the_restart_stale_and_those_of_clients_as_they_were()
    {
        var store = new RememberingStore();
        await using (var before = new MqttBroker(new MqttBrokerOptions { Listen = [], Store = new LastValuesStore(store, "plant1", Publish) }))
        {
            await before.StartAsync(CancellationToken.None);
            var message = new ApplicationMessage
            {
                Topic = "plant1/boiler/flow",
                Payload = Encoding.UTF8.GetBytes(Fresh),
                QoS = QualityOfService.AtLeastOnce,
                Retain = true,
                UserProperties = [new UserProperty("id", "plant1-17-000123")],
            };
            await before.PublishAsync(message);
            Assert.Equal(Fresh, TextOf(Assert.Single(before.FindRetained("#"))));
            await before.StopAsync(CancellationToken.None);
        }

        var own = Assert.Single(store.Retained);
        store.Retained.Add(own with { Topic = "other/flow", Origin = "other", Publish = Renamed(own.Publish, "plant1/boiler/flow", "others/radio/flow0") });
        await using var after = new MqttBroker(new MqttBrokerOptions { Listen = [], Store = new LastValuesStore(store, "plant1", Publish) });
        await after.StartAsync(CancellationToken.None);

        var stale = Assert.Single(after.FindRetained("plant1/boiler/flow"));
        Assert.Equal(Marked, TextOf(stale));
        Assert.Equal(("id", "plant1-17-000123"), (stale.UserProperties[0].Name, stale.UserProperties[0].Value));
        Assert.Equal(Fresh, TextOf(Assert.Single(after.FindRetained("others/#"))));
    }

    [Theory]
    [InlineData(nameof(PayloadStyle.Value), null, null)]
    [InlineData(nameof(PayloadStyle.Influx), null, "boiler,device=boiler,quality=stale,site=plant1 flow=21.5 1795309323004000000")]
    [InlineData(nameof(PayloadStyle.Template), """{"v":"{value}","q":"{quality}"}""", """{"v":21.5,"q":"stale"}""")]
    [InlineData(nameof(PayloadStyle.Template), """{"v":"{value}"}""", null)]
    public async Task What_the_encoder_wrote_comes_back_stale_or_not_at_all(string format, string? template, string? expected)
    {
        var publish = Publish with { Format = Enum.Parse<PayloadStyle>(format), Template = template };
        var body = new ArrayBufferWriter<byte>();
        MeasurementCodec.WriteHeader(body);
        MeasurementCodec.Write(body, new Measurement("boiler", "flow", PointValue.From(21.5m), Time, Quality.Good, null, "°C"));
        var reading = new MessageEncoder("plant1", publish, QualityOfService.AtLeastOnce).Encode(
            new QueueRecord { Position = 1, Boot = 17, Sequence = 123, Device = "boiler", Point = "flow", Time = Time, Body = body.WrittenMemory })!;
        var store = new RememberingStore();
        await using (var before = new MqttBroker(new MqttBrokerOptions { Listen = [], Store = new LastValuesStore(store, "plant1", publish) }))
        {
            await before.StartAsync(CancellationToken.None);
            await before.PublishAsync(reading);
            await before.PublishAsync(new ApplicationMessage { Topic = "plant1/boiler/$status", Payload = "online"u8.ToArray(), QoS = QualityOfService.AtLeastOnce, Retain = true });
            await before.StopAsync(CancellationToken.None);
        }

        await using var after = new MqttBroker(new MqttBrokerOptions { Listen = [], Store = new LastValuesStore(store, "plant1", publish) });
        await after.StartAsync(CancellationToken.None);
        Assert.Equal(expected, after.FindRetained("plant1/boiler/flow").Select(TextOf).SingleOrDefault());
        Assert.Equal("online", TextOf(Assert.Single(after.FindRetained("plant1/boiler/$status"))));
    }

    private static string? Apply(string payload, PayloadTemplate? template = null) =>
        StaleMark.Apply(Encoding.UTF8.GetBytes(payload), template) is { } marked ? Encoding.UTF8.GetString(marked.Span) : null;

    private static string TextOf(ApplicationMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    // Names of the same length, so that the packet's lengths stay right.
    private static byte[] Renamed(ReadOnlyMemory<byte> packet, string from, string to) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(packet.Span).Replace(from, to, StringComparison.Ordinal));

    /// <summary>Keeps retained messages over brokers.</summary>
    private sealed class RememberingStore : IBrokerStore
    {
        public List<RetainedRow> Retained { get; } = [];

        public ValueTask<BrokerRows> LoadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new BrokerRows { Retained = [.. Retained] });

        public ValueTask CommitAsync(BrokerChanges changes, CancellationToken cancellationToken)
        {
            foreach (var row in changes.Saved.Retained)
            {
                Retained.RemoveAll(old => old.Topic == row.Topic);
                Retained.Add(row);
            }

            return ValueTask.CompletedTask;
        }
    }
}
