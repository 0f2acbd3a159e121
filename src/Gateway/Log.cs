namespace Gateway;

/// <summary>Everything the executable itself logs: events 8000 to 8999.</summary>
internal static partial class Log
{
    [LoggerMessage(8000, LogLevel.Warning, "Changes in {Folder} are not noticed ({Reason}); after an edit there send SIGHUP: systemctl reload gateway")]
    public static partial void FolderNotWatched(ILogger logger, string folder, string reason);

    [LoggerMessage(8001, LogLevel.Information, "Gateway {Version} runs {Configuration} with its data in {DataFolder}")]
    public static partial void Starting(ILogger logger, string version, string configuration, string dataFolder);

    [LoggerMessage(8002, LogLevel.Information, "The gateway stops")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(8003, LogLevel.Error, "The gateway has not stopped within {Seconds} s, and ends now; what was not written by then is lost: look at the disk of the data folder")]
    public static partial void StopCutShort(ILogger logger, double seconds);

    [LoggerMessage(8010, LogLevel.Error, "{Problem}")]
    public static partial void Invalid(ILogger logger, string problem);

    [LoggerMessage(8011, LogLevel.Warning, "{Doubt}")]
    public static partial void Doubtful(ILogger logger, string doubt);

    [LoggerMessage(8012, LogLevel.Warning, "The configuration is not valid; what ran before goes on until it is mended")]
    public static partial void KeepsRunning(ILogger logger);

    [LoggerMessage(8013, LogLevel.Warning, "The configuration is not valid; the last good one runs until it is mended: that of {KeptAt:u}, taken up by {Version}")]
    public static partial void LastGoodRuns(ILogger logger, DateTimeOffset keptAt, string version);

    [LoggerMessage(8014, LogLevel.Error, "The configuration is not valid, and there is none from before that this version accepts; nothing is polled until it is mended")]
    public static partial void NothingRuns(ILogger logger);

    [LoggerMessage(8015, LogLevel.Error, "The configuration cannot be kept as the last good one ({Reason}); make room on the disk of the data folder")]
    public static partial void LastGoodNotKept(ILogger logger, string reason);

    [LoggerMessage(8016, LogLevel.Error, "The configuration cannot be run")]
    public static partial void NotRunnable(ILogger logger, Exception exception);

    [LoggerMessage(8017, LogLevel.Information, "Users and access list of the broker are read again")]
    public static partial void AccessReloaded(ILogger logger);

    [LoggerMessage(8028, LogLevel.Information, "{Configuration} and its maps were read, checked and applied in {Milliseconds:0.0} ms")]
    public static partial void TakenUp(ILogger logger, string configuration, double milliseconds);

    [LoggerMessage(8018, LogLevel.Warning, "{Configuration} asks for another broker than the one that runs; restart it to apply that")]
    public static partial void BrokerNeedsRestart(ILogger logger, string configuration);

    [LoggerMessage(8019, LogLevel.Error, "Goes on without a plug-in: {Fault}")]
    public static partial void PluginNotLoaded(ILogger logger, string fault);

    [LoggerMessage(8045, LogLevel.Warning, "{Refused}.")]
    public static partial void SocketRefused(ILogger logger, string refused);

    [LoggerMessage(8027, LogLevel.Error, "A driver failed while a map was read")]
    public static partial void DriverFailed(ILogger logger, Exception exception);

    [LoggerMessage(8020, LogLevel.Information, "The page is on {Address}")]
    public static partial void PageOpened(ILogger logger, string address);

    [LoggerMessage(8021, LogLevel.Warning, "{Reason}; the gateway goes on without it and tries again every few seconds")]
    public static partial void PageUnavailable(ILogger logger, string reason);

    [LoggerMessage(8023, LogLevel.Error, "{Trouble}; the gateway polls and publishes, and keeps in memory what it cannot write")]
    public static partial void DataFolderUnusable(ILogger logger, string trouble);

    [LoggerMessage(8022, LogLevel.Error, "The control socket {Path} cannot be opened ({Reason}); 'gateway status' will not work")]
    public static partial void NoControlSocket(ILogger logger, string path, string reason);

    [LoggerMessage(8049, LogLevel.Error, "The watchdog is told nothing, since {Faults}; unless that ends, systemd starts the service again")]
    public static partial void WatchdogNotTold(ILogger logger, string faults);

    [LoggerMessage(8048, LogLevel.Error, "systemd cannot be told how the service is; it goes on, and tells as soon as it can")]
    public static partial void StatusNotTold(ILogger logger, Exception exception);

    [LoggerMessage(8025, LogLevel.Information, "Metrics arrive at {Collector}")]
    public static partial void MetricsArrive(ILogger logger, Uri collector);

    [LoggerMessage(8026, LogLevel.Warning, "Metrics do not arrive at {Collector} ({Reason}); the gateway goes on, and tries again")]
    public static partial void MetricsDoNotArrive(ILogger logger, Uri collector, string reason);

    [LoggerMessage(8040, LogLevel.Information, "{User} logged in to the page from {Address}")]
    public static partial void PageLogin(ILogger logger, string user, string address);

    [LoggerMessage(8041, LogLevel.Warning, "A log-in of {User} to the page from {Address} failed: no such user, or the password is wrong")]
    public static partial void PageLoginWrong(ILogger logger, string user, string address);

    [LoggerMessage(8042, LogLevel.Warning, "A log-in of {User} to the page from {Address} was not tried: too many failed, and the next has to wait for {Seconds:0.0} s")]
    public static partial void PageLoginThrottled(ILogger logger, string user, string address, double seconds);

#pragma warning disable SYSLIB1015 // Device and point are fields for programs; to people the name names both.
    [LoggerMessage(8043, LogLevel.Information, "{Name}: wrote {Value} for {Who}")]
    public static partial void PointWritten(ILogger logger, string name, string? device, string? point, string value, string who);

    [LoggerMessage(8044, LogLevel.Warning, "{Name}: refused {Value} of {Who}, {Reason}")]
    public static partial void PointWriteRefused(ILogger logger, string name, string? device, string? point, string value, string who, string reason);
#pragma warning restore SYSLIB1015

    [LoggerMessage(8047, LogLevel.Warning, "The page has no charts of {Device}.{Point} and of further points: it keeps what {Most} points were, and a point that has no value for an hour makes room")]
    public static partial void HistoryIsFull(ILogger logger, string device, string point, int most);

    [LoggerMessage(8033, LogLevel.Information, "A Modbus client wrote {Value} to {Device}.{Point}")]
    public static partial void ServedWriteDone(ILogger logger, string device, string point, string value);

    [LoggerMessage(8030, LogLevel.Information, "Modbus clients find {What} on {Address}")]
    public static partial void Serving(ILogger logger, string what, string address);

    [LoggerMessage(8031, LogLevel.Warning, "{Reason}; the gateway goes on without it and tries again every few seconds")]
    public static partial void ServingUnavailable(ILogger logger, string reason);

    [LoggerMessage(8032, LogLevel.Warning, "A Modbus client's write of {Value} to {Device}.{Point} failed: {Reason}")]
    public static partial void ServedWriteFailed(ILogger logger, string device, string point, string value, string reason);
}
