using Gateway.Web.Live;

namespace Gateway.Hosting;

/// <summary>The generic host around a <see cref="GatewayService"/>.</summary>
internal static class GatewayHost
{
    // The service ends by itself before that, and all before TimeoutStopSec of its unit.
    private static readonly TimeSpan ShutdownTimeout = GatewayService.StopTime + TimeSpan.FromSeconds(2);

    /// <summary>Makes a host. Its service is the one <see cref="GatewayService"/>.</summary>
    /// <param name="options">Which gateway to run.</param>
    /// <param name="minimumLevel">The least important log level that is written.</param>
    /// <param name="extend">Adds to its services, after all others; null: nothing does.</param>
    /// <param name="logsJson">Whether the log's lines are JSON.</param>
    public static IHost Create(GatewayServiceOptions options, LogLevel minimumLevel, Action<IServiceCollection>? extend = null, bool logsJson = false)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "gateway" });
        ConsoleLogging.Add(builder.Logging, minimumLevel, logsJson);

        // The uplink says itself when its client's connection comes and goes.
        builder.Logging.AddFilter("Gateway.Mqtt.Client", LogLevel.Error);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(options);
        var log = new LogRing(TimeProvider.System);
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton<GatewayService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<GatewayService>());
        extend?.Invoke(builder.Services);
        return builder.Build();
    }

    /// <summary>Runs a host until the token is cancelled.</summary>
    /// <exception cref="DataFolderException">The data folder cannot be used.</exception>
    /// <exception cref="ListenerException">A listener cannot be opened, and the options ask for all.</exception>
    public static async Task RunAsync(IHost host, CancellationToken cancellationToken)
    {
        var service = host.Services.GetRequiredService<GatewayService>();
        await host.RunAsync(cancellationToken);
        await (service.ExecuteTask ?? Task.CompletedTask);
    }
}
