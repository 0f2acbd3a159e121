using Gateway.Linux.Systemd;
using Gateway.Runtime;
using Gateway.Web;

namespace Gateway.Hosting;

/// <summary>Tells systemd how the service is: a line for people, and the watchdog while the data path makes progress.</summary>
internal sealed class SystemdHeartbeat : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger;
    private readonly Task _loop;
    private bool _isTold;
    private string? _toldFaults;

    public SystemdHeartbeat(SystemdNotifier notifier, IStatusSource source, TimeProvider timeProvider, ILogger logger)
    {
        _logger = logger;
        _loop = notifier.IsActive ? RunAsync(notifier, source, timeProvider) : Task.CompletedTask;
    }

    /// <summary>What <c>systemctl status</c> shows.</summary>
    internal static string Describe(GatewayStatus status, DateTimeOffset now)
    {
        if (status.Problems.Count > 0)
        {
            return $"{(status.Buses.Count > 0 ? "the last good configuration runs" : "nothing is polled")}: {status.Problems[0]}";
        }

        var devices = status.Buses.SelectMany(bus => bus.Devices).ToArray();
        var uplinks = status.Uplinks.Count == 0 ? "no uplink" : string.Join(", ", status.Uplinks.Select(uplink => $"{StatusText.NameOf(uplink)} {StatusText.Describe(uplink, now)}"));
        return $"{devices.Count(device => device.IsOnline == true)} of {devices.Length} devices online, {uplinks}, queue {StatusText.Describe(status.Queue, now)}";
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(SystemdNotifier notifier, IStatusSource source, TimeProvider timeProvider)
    {
        var half = notifier.WatchdogInterval / 2 ?? Longest;
        using var timer = new PeriodicTimer(half < Longest ? half : Longest, timeProvider);
        try
        {
            do
            {
                Beat(notifier, source, timeProvider);
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException)
        {
            // The owner stops it.
        }
    }

    // What cannot be described is no reason for the watchdog to end a service whose buses make progress.
    private void Beat(SystemdNotifier notifier, IStatusSource source, TimeProvider timeProvider)
    {
        try
        {
            if (source.Faults is { Count: > 0 } faults)
            {
                TellOnce(string.Join(", and ", faults));
            }
            else
            {
                _toldFaults = null;
                notifier.Watchdog();
            }

            notifier.Status(Describe(source.GetStatus(), timeProvider.GetUtcNow()));
            _isTold = false;
        }
#pragma warning disable CA1031 // Whatever it is, the next beat comes.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_isTold)
            {
                _isTold = true;
                Log.StatusNotTold(_logger, exception);
            }
        }
    }

    // Afterwards nobody can be asked which loop it was.
    private void TellOnce(string faults)
    {
        if (faults != _toldFaults)
        {
            Log.WatchdogNotTold(_logger, _toldFaults = faults);
        }
    }
}
