using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Abstractions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.Drivers.Gpio;
using Gateway.Hosting;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
using Gateway.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

public sealed class RunningGatewayTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task AUsersFileThatCannotBeReadStopsNothing()
    {
        await using var running = new RunningGateway([], ListenerFailurePolicy.Retry, TimeProvider.System, NullLoggerFactory.Instance);
        var options = Options(new BrokerOptions { Listen = [] });
        await running.ApplyAsync(options, [], CancellationToken.None);
        var (broker, runtime) = (running.Broker, running.Runtime);

        var bad = Options(new BrokerOptions { Listen = [], UsersFile = Path.Combine(_folder.FullName, "users") });
        await Assert.ThrowsAsync<MqttBrokerException>(() => running.ApplyAsync(bad, [], CancellationToken.None));
        await running.ApplyAsync(options, [], CancellationToken.None);

        Assert.NotNull(runtime);
        Assert.Same(broker, running.Broker);
        Assert.Same(runtime, running.Runtime);
    }

    [Fact]
    public async Task Another_access_list_is_taken_up_by_the_broker_that_runs_and_other_limits_by_another()
    {
        await using var running = new RunningGateway([], ListenerFailurePolicy.Retry, TimeProvider.System, NullLoggerFactory.Instance);
        var options = new BrokerOptions { Listen = [], AclFile = "acl.yaml", Acl = [new AclRule(AclSubject.Everyone, AclAccess.All, "a")] };
        await running.ApplyAsync(Options(options), [], CancellationToken.None);
        var broker = running.Broker;

        await running.ApplyAsync(Options(options with { Acl = [] }), [], CancellationToken.None);
        Assert.Same(broker, running.Broker);

        await running.ApplyAsync(Options(options with { Limits = new BrokerLimits { Connections = 1 } }), [], CancellationToken.None);
        Assert.NotSame(broker, running.Broker);
    }

    [Theory]
    [InlineData("nothing else")]
    [InlineData("the site, too")]
    [InlineData("a configuration that is broken")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_user_with_a_new_password_has_to_log_in_again(string beside)
    {
        var users = Path.Combine(_folder.FullName, "users");
        UsersFile.Set(users, "ann", "pencil");
        await using var running = new RunningGateway([], ListenerFailurePolicy.Retry, TimeProvider.System, NullLoggerFactory.Instance);
        var options = Options(new BrokerOptions { Listen = [new Uri("mqtt://127.0.0.1:0")], UsersFile = users });
        await running.ApplyAsync(options, [], CancellationToken.None);
        var secret = Path.Combine(_folder.FullName, "login-secret");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(secret));

        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)running.Broker!.Listeners[0].EndPoint!);
        var stream = client.GetStream();

        // MQTT 3.1.1 §3.1: Clean Session, user ann, password pencil, client identifier c.
        await stream.WriteAsync(Convert.FromHexString("101a" + "00044d51545404c20000" + "000163" + "0003616e6e" + "000670656e63696c"));
        var answer = new byte[4];
        await stream.ReadExactlyAsync(answer);
        Assert.Equal("20020000", Convert.ToHexString(answer));

        await running.ApplyAsync(options, [], CancellationToken.None);
        Assert.Equal(1, running.Broker.Counters.Clients);
        UsersFile.Set(users, "ann", "pen");
        switch (beside)
        {
            case "nothing else":
                await running.ApplyAsync(options, [], CancellationToken.None);
                break;
            case "the site, too":
                await running.ApplyAsync(options with { Site = "plant2" }, [], CancellationToken.None);
                break;
            default:
                running.ReloadUsers();
                break;
        }

        Assert.Equal(0, await stream.ReadAsync(answer));
    }

    [Fact]
    public async Task Another_uplink_queue_site_or_broker_touches_no_bus()
    {
        var (chip, opened) = (new SimulatedGpioChip(TimeProvider.System), 0);
        var drivers = DriverCatalog.Create((_, _) =>
        {
            opened++;
            return chip;
        });
        var map = Path.Combine(_folder.FullName, "map.yaml");
        await File.WriteAllTextAsync(map, "bus: { gpio: gpiochip0 }\ndevices: [{ name: garage, every: 50 ms, points: { relay: { line: 27, direction: output, write: true } } }]\n");
        var buses = new MapLoader(drivers, new DiskFiles()).Load([map]).Buses;
        var options = Options(new BrokerOptions { Listen = [] });
        await using (var running = new RunningGateway(drivers, ListenerFailurePolicy.Retry, TimeProvider.System, NullLoggerFactory.Instance))
        {
            await running.ApplyAsync(options, buses, CancellationToken.None);
            Assert.True((await running.Runtime!.Points.WriteAsync("garage.relay", PointValue.From(true), CancellationToken.None)).Outcome.Succeeded);
            foreach (var other in new[]
            {
                options with { Queue = options.Queue with { MaxAge = TimeSpan.FromDays(2) } },
                options with { Publish = options.Publish with { Per = PublishUnit.Device } },
                options with { Site = "plant2" },
                options with { Broker = options.Broker with { Limits = new BrokerLimits { Connections = 1 } } },
            })
            {
                var runtime = running.Runtime;
                await running.ApplyAsync(other, buses, CancellationToken.None);

                Assert.NotSame(runtime, running.Runtime);
                Assert.Equal((1, true), (opened, chip.IsHigh(27)));
                Assert.Equal("online", await RetainedAsync(running.Broker!, $"{other.Site}/garage/$status"));
                await Eventually.TrueAsync(async () => (await RetainedAsync(running.Broker!, $"{other.Site}/garage{(other.Publish.Per == PublishUnit.Device ? "" : "/relay")}")).Contains("true", StringComparison.Ordinal));
            }
        }

        Assert.False(chip.IsHigh(27));
    }

    private static async Task<string> RetainedAsync(MqttBroker broker, string topic)
    {
        var message = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var subscription = await broker.SubscribeAsync(topic, (found, _) =>
        {
            message.TrySetResult(Encoding.UTF8.GetString(found.Payload.Span));
            return ValueTask.CompletedTask;
        });
        return await message.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
    }

    private GatewayOptions Options(BrokerOptions broker) => new()
    {
        Site = "plant1",
        DeviceMaps = [],
        Data = _folder.FullName,
        Publish = new PublishOptions { Topic = "{site}/{device}/{point}" },
        Queue = new OfflineQueueOptions { MaxSizeBytes = 10_000_000, MaxAge = TimeSpan.FromDays(1), Full = FullPolicy.DropOldest, MaxLoss = TimeSpan.FromSeconds(1) },
        Broker = broker,
        Web = new WebOptions { Listen = [] },
    };
}
