using System.Runtime.InteropServices;
using Gateway.Linux.Systemd;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime;
using Gateway.Runtime.Commands;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Mapping;
using Gateway.Storage.History;
using Gateway.Web;
using Gateway.Web.Access;
using Gateway.Web.History;
using Gateway.Web.Live;
using Gateway.Web.Maps;
using Gateway.Web.Metrics;
using Gateway.Web.Scans;
using Gateway.Web.Setup;

namespace Gateway.Hosting;

/// <summary>
/// The service: reads the configuration, runs it, and reads it again when it is edited. One that is not valid never takes down what runs:
/// the last good one goes on, and without one the service stays up, polls nothing and says what is wrong.
/// </summary>
internal sealed class GatewayService : BackgroundService, IStatusSource, IMeasurementObserver
{
    /// <summary>
    /// The longest that a stop takes, that of a reload which it finds under way included. What has not ended by then, for a disk that hangs, the end of the
    /// process ends.
    /// </summary>
    public static readonly TimeSpan StopTime = TimeSpan.FromSeconds(25);

    // Of it, from the first moment of the stop: what is sent then need not be written, and what is not waits on the disk; the rest is for goodbyes and
    // for what must be written, on a disk that takes seconds for each sync, too.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private readonly GatewayServiceOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _started;
    private readonly string _dataFolder;
    private readonly ConfigurationReader _reader;
    private readonly LastGoodCopy _lastGood;
    private readonly TakenUpConfiguration _takenUp;
    private readonly ConfigurationFindings _findings;
    private readonly RunningGateway _running;
    private readonly ServedPage _page;
    private readonly LogRing _log;
    private readonly GatewayMeters _meters = new();
    private readonly MetricsReader _metrics;
    private readonly LoginAudit _logins;
    private readonly ServiceInstruments _instruments;
    private readonly TaskCompletionSource _readied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MetricsExporter? _exporter;
    private (MetricsOptions Options, string Site)? _exported;
    private TaskCompletionSource<ReloadOutcome> _nextReload = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConfigurationWatcher? _watcher;

    public GatewayService(GatewayServiceOptions options, LogRing log, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        _options = options;
        _log = log;
        _timeProvider = timeProvider;
        _loggerFactory = loggerFactory;
        _logger = loggerFactory.CreateLogger<GatewayService>();
        _started = timeProvider.GetUtcNow();
        _dataFolder = DataFolder.Find(options.ConfigurationPath);
        _reader = new ConfigurationReader(options.Drivers);
        _lastGood = new LastGoodCopy(_dataFolder, options.ConfigurationPath, ProgramVersion.Text);
        _takenUp = new TakenUpConfiguration(_lastGood, timeProvider, _logger);
        _findings = new ConfigurationFindings(_logger);
        _running = new RunningGateway(options.Drivers, options.WhenListenerFails, timeProvider, loggerFactory, _meters, this) { BrokerSockets = options.BrokerSockets };
        _page = new ServedPage(options, CreateDashboard, OpenHistory, log, timeProvider, loggerFactory);
        _logins = new LoginAudit(timeProvider, loggerFactory.CreateLogger<LoginAudit>());
        _metrics = new MetricsReader(_meters);
        _instruments = new ServiceInstruments(_meters, () => _findings.Problems.Count, () => _logins.Counts, () => _page.Dashboard?.Trends.LeftOut ?? 0, () => _metrics.LeftOut, timeProvider);
    }

    /// <summary>Completes when the service is up; fails if it cannot be.</summary>
    public Task Readied => _readied.Task;

    /// <summary>Where the page is.</summary>
    public IReadOnlyList<string> PageAddresses => _page.Addresses;

    /// <summary>The local broker; null while there is none.</summary>
    public MqttBroker? Broker => _running.Broker;

    /// <inheritdoc/>
    public bool IsHealthy => _running.StalledBuses.Count == 0;

    /// <inheritdoc/>
    public IReadOnlyList<string> Faults => [.. _running.StalledBuses.Select(bus => $"the poll loop of {bus} makes no progress")];

    /// <inheritdoc/>
    public IReadOnlyList<string> Hindrances => _running.Runtime is not null ? Faults
        : _findings.Problems is { Count: > 0 } problems ? problems
        : ["the service starts"];

    /// <inheritdoc/>
    public MetricsReader? Metrics => _metrics;

    /// <inheritdoc/>
    public long QueueDepth => _running.Runtime?.QueueDepth ?? 0;

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
        return status with { Bridge = _running.Bridge?.GetStatus(), Configuration = _takenUp.Status, Problems = _findings.Problems };
    }

    /// <inheritdoc/>
    public Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken)
    {
        var next = Volatile.Read(ref _nextReload).Task;
        _watcher?.Trigger();
        return next.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Observe(in Measurement measurement) => _page.Dashboard?.Trends.Observe(measurement);

    /// <inheritdoc/>
    public void RetryParked()
    {
        _running.Runtime?.RetryParked();
        _running.Bridge?.RetryParked();
    }

    /// <inheritdoc/>
    public void PurgeParked()
    {
        _running.Runtime?.PurgeParked();
        _running.Bridge?.PurgeParked();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _instruments.Dispose();
        _metrics.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var instanceLock = InstanceLock.TakeWhateverTheDisk(_dataFolder, out var trouble);
            using var notifier = SystemdNotifier.FromEnvironment();
            Log.Starting(_logger, ProgramVersion.Text, _options.ConfigurationPath, _dataFolder);
            if (trouble is not null)
            {
                Log.DataFolderUnusable(_logger, trouble);
            }

            using var limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _timeProvider);
            await using var stop = stoppingToken.Register(() => limit.CancelAfter(StopTime));
            try
            {
                // A disk that hangs may hold whoever reads or writes.
                await Task.Run(() => RunAsync(notifier, stoppingToken), CancellationToken.None).WaitAsync(limit.Token);
            }
            finally
            {
                notifier.Stopping();
                if (!stoppingToken.IsCancellationRequested)
                {
                    limit.CancelAfter(StopTime);
                }

                await StopRunningAsync(limit.Token);
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
        _watcher = watcher;
        using var hangUp = _options.ReloadsOnHangUp ? PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Trigger(context, watcher)) : null;
        await using var control = await ControlSocket.OpenAsync(_dataFolder, this, _loggerFactory, cancellationToken);
        await ReloadAsync(watcher, cancellationToken);
        notifier.Ready();
        _readied.TrySetResult();
        await using var heartbeat = new SystemdHeartbeat(notifier, this, _timeProvider, _logger);
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
        IReadOnlyList<ConfigurationChange>? changes = null;
        var asked = Interlocked.Exchange(ref _nextReload, new TaskCompletionSource<ReloadOutcome>(TaskCreationOptions.RunContinuationsAsynchronously));
        var began = _timeProvider.GetTimestamp();
        var files = new RecordingFiles(_options.ConfigurationPath);
        var read = _reader.Read(_options.ConfigurationPath, files);
        Watch(watcher, read, files);
        if (files.HaveChanged)
        {
            watcher.Trigger(); // before it was watched
        }

        var problems = _findings.Report(read);
        if (!read.IsValid && _lastGood.FindOtherVersion(files) is { } other)
        {
            _findings.Add(problems, $"{_options.ConfigurationPath}: version {other} took up these very files, and this is {ProgramVersion.Text}, which does not accept all that is in them");
        }

        if (read.IsValid && await TryApplyAsync(read, problems, cancellationToken))
        {
            Log.TakenUp(_logger, _options.ConfigurationPath, _timeProvider.GetElapsedTime(began).TotalMilliseconds);
            changes = _takenUp.TakeUp(read, files);
        }
        else if (_running.Runtime is null)
        {
            await FallBackAsync(read.Web, cancellationToken);
        }
        else
        {
            Log.KeepsRunning(_logger);
            _takenUp.Outlives();
        }

        // Whoever is no user any more is out at once, whatever else is wrong; and who may use the last good one shows only now.
        ReloadUsers(problems);
        Watch(watcher, read, files);
        _findings.Set(problems);
        asked.TrySetResult(new ReloadOutcome(changes is not null, changes ?? [], problems));
    }

    // While the access list is broken the configuration is not valid: then those of before are watched.
    private void Watch(ConfigurationWatcher watcher, ReadConfiguration read, RecordingFiles files)
    {
        var options = read.Options ?? _running.Options;
        IEnumerable<string?> paths = [_options.ConfigurationPath, .. read.Paths, options?.Broker.UsersFile, options?.Broker.AclFile, _page.Options?.UsersFile, .. files.Asked];
        watcher.Watch([.. paths.OfType<string>().Select(Path.GetFullPath).Distinct()]);
    }

    private void ReloadUsers(List<string> problems)
    {
        foreach (var reload in (Action[])[() => _page.Dashboard?.Users?.Reload(), _running.ReloadUsers])
        {
            try
            {
                reload();
            }
            catch (MqttBrokerException exception) when (!problems.Contains(exception.Message.TrimEnd('.')))
            {
                _findings.Add(problems, exception.Message.TrimEnd('.'));
            }
            catch (MqttBrokerException)
            {
                // Told already.
            }
        }
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
        catch (Exception exception) when (exception is not OperationCanceledException and not ListenerException)
        {
            // What the validation did not foresee must not take the service down either.
            problems.Add($"the configuration cannot be run: {exception.Message.TrimEnd('.')}");
            Log.NotRunnable(_logger, exception);
            return false;
        }

        await ServeAsync(options, problems, cancellationToken);
        return true;
    }

    // What runs, runs, whatever is wrong with the page.
    private async Task ServeAsync(GatewayOptions options, List<string> problems, CancellationToken cancellationToken)
    {
        _metrics.KeepOnly(_running.Buses.Select(bus => bus.Name).ToHashSet());
        try
        {
            Export(options);
            await _page.OpenAsync(options.Web, cancellationToken);
        }
        catch (MqttBrokerException exception) when (_options.WhenListenerFails == ListenerFailurePolicy.Throw)
        {
            throw new ListenerException(exception.Message.TrimEnd('.'), exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not ListenerException)
        {
            _findings.Add(problems, exception.Message.TrimEnd('.'));
        }
    }

    private async Task FallBackAsync(WebOptions? web, CancellationToken cancellationToken)
    {
        foreach (var kept in _lastGood.Kept)
        {
            var read = _reader.Read(_options.ConfigurationPath, kept.Files);
            if (read.IsValid && await TryApplyAsync(read, [], cancellationToken))
            {
                _takenUp.FallBackTo(read, kept);
                Log.LastGoodRuns(_logger, kept.KeptAt, kept.Version.Length > 0 ? kept.Version : "an earlier version");
                return;
            }
        }

        Log.NothingRuns(_logger);
        await _page.OpenOfNothingAsync(web, cancellationToken);
    }

    private void Export(GatewayOptions options)
    {
        if (_exported == (options.Metrics, options.Site))
        {
            return;
        }

        _exporter?.Dispose();
        _exporter = MetricsExporter.Create(options, _logger);
        _exported = (options.Metrics, options.Site);
    }

    private Dashboard CreateDashboard(WebOptions web)
    {
        var lines = new SharedLines(_options.Drivers, () => _running.Buses, () => _running.Runtime, _timeProvider, _loggerFactory);
        return new Dashboard(web, this, _log, _logins, _timeProvider)
        {
            Trends = new Trends(this, OpenHistory(web), _timeProvider, _loggerFactory.CreateLogger<Trends>()),
            Texts = new SourceTexts(_reader, _options.ConfigurationPath, () => _takenUp.Files),
            Scans = new ScanDesk(lines, _timeProvider),
            Setup = new SetupGuide(_options.Drivers, _options.ConfigurationPath, _dataFolder, () => _running.Buses.Count > 0),
        };
    }

    private HistoryStore? OpenHistory(WebOptions web) =>
        web.HistoryBytes == 0 ? null : new HistoryStore(DataFolder.HistoryPath(_dataFolder), web.HistoryBytes, _loggerFactory.CreateLogger<HistoryStore>());

    private async Task StopRunningAsync(CancellationToken limit)
    {
        Log.Stopping(_logger);
        try
        {
            // A reload that hangs is not stopped by another call.
            limit.ThrowIfCancellationRequested();
            await Task.Run(StopEachAsync, CancellationToken.None).WaitAsync(limit);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Log.StopCutShort(_logger, StopTime.TotalSeconds);
        }
    }

    private async Task StopEachAsync()
    {
        using var drain = new CancellationTokenSource(DrainTime, _timeProvider);
        // A collector that does not answer has its own patience, which is not to come before that for the backlog.
        var exported = Task.Run(() => _exporter?.Dispose(), CancellationToken.None);
        // Nor does the page's history, which is written too, wait for the brokers.
        var closed = Task.Run(async () => await _page.DisposeAsync(), CancellationToken.None);
        await _running.StopAsync(drain.Token);
        await _running.DisposeAsync();
        await exported;
        await closed;
    }
}
