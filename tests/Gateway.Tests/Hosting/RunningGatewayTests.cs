using Gateway.Hosting;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime.Configuration;
using Gateway.Storage.Queue;
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
