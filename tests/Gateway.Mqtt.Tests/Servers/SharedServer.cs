using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Servers;

/// <summary>One server for the tests of a class, started by the first that runs: where all are skipped, none is.</summary>
public abstract class SharedServer<TServer>(Func<Task<TServer>> start) : IAsyncLifetime
    where TServer : class, IMqttServer
{
    private TServer? _server;

    /// <summary>The server, which listens. The tests of a class run one at a time.</summary>
    public async Task<TServer> GetAsync() => _server ??= await start();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
