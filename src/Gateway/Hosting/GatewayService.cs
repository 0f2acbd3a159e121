using System.Runtime.InteropServices;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.Linux.Systemd;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Gateway.Web;

namespace Gateway.Hosting;

/// <summary>
/// The service: reads the configuration, runs it, and reads it again when it is edited. One that is not valid never takes down what runs:
/// the last good one goes on, and without one the service stays up, polls nothing and says what is wrong.
/// </summary>
internal sealed class GatewayService : BackgroundService, IStatusSource
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private static readonly WebOptions DefaultWeb = new() { Listen = [new Uri("http://127.0.0.1:8080")] };

    private readonly GatewayServiceOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _started;
    private readonly string _dataFolder;
    private readonly ConfigurationReader _reader;
    private readonly LastGoodCopy _lastGood;
    private readonly RunningGateway _running;
    private readonly TaskCompletionSource _readied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<string> _problems = [];
    private PageListener? _page;
    private WebOptions? _web;

    public GatewayService(GatewayServiceOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        _options = options;
        _timeProvider = timeProvider;
        _loggerFactory = loggerFactory;
        _logger = loggerFactory.CreateLogger<GatewayService>();
        _started = timeProvider.GetUtcNow();
        _dataFolder = DataFolder.Find(options.ConfigurationPath);
        _reader = new ConfigurationReader(options.Drivers);
        _lastGood = new LastGoodCopy(_dataFolder, options.ConfigurationPath);
        _running = new RunningGateway(options.Drivers, options.WhenListenerFails, timeProvider, loggerFactory);
    }

    /// <summary>Completes when the service is up; fails if it cannot be.</summary>
    public Task Readied => _readied.Task;

    /// <summary>Where the page is.</summary>
    public IReadOnlyList<string> PageAddresses => _page?.Addresses ?? [];

    /// <summary>The local broker; null while there is none.</summary>
    public MqttBroker? Broker => _running.Broker;

    /// <inheritdoc/>
    public bool IsHealthy => _running.Runtime?.IsHealthy ?? true;

    /// <inheritdoc/>
    public PointAccess? Points => _running.Runtime?.Points;

    /// <inheritdoc/>
    public GatewayStatus GetStatus()
    {
        var status = _running.Runtime?.GetStatus() ?? new GatewayStatus
        {
            Site = Environment.MachineName,
            Version = ProgramVersion.Text,
            Started = _started,
            Queue = new QueueStatus(0, 0, null, 0, null),
            Broker = new BrokerStatus([], 0),
            Buses = [],
            Suppressed = 0,
        };
        return status with { Bridge = _running.Bridge?.GetStatus(), Problems = Volatile.Read(ref _problems) };
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var instanceLock = InstanceLock.Take(_dataFolder);
            using var notifier = SystemdNotifier.FromEnvironment();
            Log.Starting(_logger, ProgramVersion.Text, _options.ConfigurationPath, _dataFolder);
            try
            {
                await RunAsync(notifier, stoppingToken);
            }
            finally
            {
                notifier.Stopping();
                await StopRunningAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _readied.TrySetCanceled(stoppingToken);
        }
        catch (Exception exception)
        {
            _readied.TrySetException(exception);
            throw;
        }
    }

    private async Task RunAsync(SystemdNotifier notifier, CancellationToken cancellationToken)
    {
        using var watcher = new ConfigurationWatcher(_timeProvider, _logger);
        using var hangUp = _options.ReloadsOnHangUp ? PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Trigger(context, watcher)) : null;
        await using var control = await OpenControlSocketAsync(cancellationToken);
        await ReloadAsync(watcher, cancellationToken);
        notifier.Ready();
        _readied.TrySetResult();
        await using var heartbeat = new SystemdHeartbeat(notifier, this, _timeProvider);
        while (true)
        {
            await watcher.WaitAsync(cancellationToken);
            notifier.Reloading();
            await ReloadAsync(watcher, cancellationToken);
            notifier.Ready();
        }
    }

    private static void Trigger(PosixSignalContext context, ConfigurationWatcher watcher)
    {
        context.Cancel = true;
        watcher.Trigger();
    }

    private async Task ReloadAsync(ConfigurationWatcher watcher, CancellationToken cancellationToken)
    {
        var files = new RecordingFiles(_options.ConfigurationPath);
        var read = _reader.Read(_options.ConfigurationPath, files);
        IEnumerable<string?> paths = [_options.ConfigurationPath, .. read.Paths, .. AccessFiles(read.Options)];
        watcher.Watch([.. paths.OfType<string>().Select(Path.GetFullPath).Distinct()]);
        var problems = Report(read.Diagnostics);
        if (read.IsValid && await TryApplyAsync(read, problems, cancellationToken))
        {
            Keep(files);
        }
        else if (_running.Runtime is null)
        {
            await FallBackAsync(cancellationToken);
        }
        else
        {
            Log.KeepsRunning(_logger);
        }

        Volatile.Write(ref _problems, problems);
    }

    // While the access list is broken the configuration is not valid: then those of before are watched.
    private IEnumerable<string?> AccessFiles(GatewayOptions? read)
    {
        var options = read ?? _running.Options;
        return [options?.Broker.UsersFile, options?.Broker.AclFile];
    }

    /// <summary>Logs what is new among the findings; returns the errors as people read them.</summary>
    private List<string> Report(IReadOnlyList<Diagnostic> diagnostics)
    {
        var errors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString()).ToList();
        foreach (var problem in errors.Except(_problems))
        {
            Log.Invalid(_logger, problem);
        }

        foreach (var warning in diagnostics.Where(d => d.Severity == DiagnosticSeverity.Warning))
        {
            Log.Doubtful(_logger, warning.ToString());
        }

        return errors;
    }

    private async Task<bool> TryApplyAsync(ReadConfiguration configuration, List<string> problems, CancellationToken cancellationToken)
    {
        var options = configuration.Options!;
        if (Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Data)) != _dataFolder)
        {
            problems.Add($"{_options.ConfigurationPath}: 'data' is {options.Data} now, and this gateway runs on {_dataFolder}: restart it");
            Log.Invalid(_logger, problems[^1]);
            return false;
        }

        try
        {
            await _running.ApplyAsync(options, configuration.Buses, cancellationToken);
        }
        catch (MqttBrokerException exception) when (_options.WhenListenerFails == ListenerFailurePolicy.Throw)
        {
            throw new ListenerException(exception.Message.TrimEnd('.'), exception);
        }
        catch (MqttBrokerException exception)
        {
            problems.Add(exception.Message.TrimEnd('.'));
            Log.Invalid(_logger, problems[^1]);
            return false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // What the validation did not foresee must not take the service down either.
            problems.Add($"the configuration cannot be run: {exception.Message.TrimEnd('.')}");
            Log.NotRunnable(_logger, exception);
            return false;
        }

        await OpenPageAsync(options.Web, cancellationToken);
        return true;
    }

    private async Task FallBackAsync(CancellationToken cancellationToken)
    {
        if (_lastGood.Open() is { } copy && await TryRunCopyAsync(copy, cancellationToken))
        {
            Log.LastGoodRuns(_logger);
        }
        else
        {
            Log.NothingRuns(_logger);
            await OpenPageAsync(_web ?? DefaultWeb, cancellationToken);
        }
    }

    private async Task<bool> TryRunCopyAsync(ISourceFiles copy, CancellationToken cancellationToken)
    {
        var read = _reader.Read(_options.ConfigurationPath, copy);
        return read.IsValid && await TryApplyAsync(read, [], cancellationToken);
    }

    private void Keep(RecordingFiles files)
    {
        try
        {
            _lastGood.Save(files);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.LastGoodNotKept(_logger, exception.Message.TrimEnd('.'));
        }
    }

    private async Task OpenPageAsync(WebOptions web, CancellationToken cancellationToken)
    {
        if (_web is not null && OptionsComparison.IsSameWeb(_web, web))
        {
            return;
        }

        if (_page is not null)
        {
            await _page.DisposeAsync();
        }

        _web = web;
        _page = _options.WhenListenerFails == ListenerFailurePolicy.Throw
            ? await PageListener.OpenAllAsync(web, this, _timeProvider, _loggerFactory, cancellationToken)
            : PageListener.Open(web, this, _timeProvider, _loggerFactory);
    }

    private async Task<StatusServer?> OpenControlSocketAsync(CancellationToken cancellationToken)
    {
        var path = DataFolder.SocketPath(_dataFolder);
        try
        {
            // The lock is ours, so a socket that is there was left behind by a process that was killed.
            File.Delete(path);
            var server = await StatusServer.StartAsync(kestrel => kestrel.ListenUnixSocket(path), this, _timeProvider, _loggerFactory, cancellationToken, mayWrite: true);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return server;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            Log.NoControlSocket(_logger, path, exception.Message.TrimEnd('.'));
            return null;
        }
    }

    private async Task StopRunningAsync()
    {
        Log.Stopping(_logger);
        using var drain = new CancellationTokenSource(DrainTime, _timeProvider);
        await _running.StopAsync(drain.Token);
        await _running.DisposeAsync();
        if (_page is not null)
        {
            await _page.DisposeAsync();
        }
    }
}
