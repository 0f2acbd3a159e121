using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <summary>Tells the chips that have a state for the loss of the uplink how long it has been away.</summary>
/// <typeparam name="TPort">The way to a chip.</typeparam>
internal sealed class UplinkWatch<TPort>
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A chip that does not answer must not cost its bus a look each second.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);

    private readonly Func<IReadOnlyCollection<ChipDevice<TPort>>> _devices;
    private readonly Func<ChipDevice<TPort>, TimeSpan, Task> _heed;
    private readonly DriverContext _context;
    private readonly CancellationToken _stopping;

    /// <param name="devices">The chips now; nothing is watched until one of them has such a state.</param>
    /// <param name="heed">Tells one of them.</param>
    /// <param name="context">The clock and the uplink.</param>
    /// <param name="stopping">Ends it.</param>
    public UplinkWatch(Func<IReadOnlyCollection<ChipDevice<TPort>>> devices, Func<ChipDevice<TPort>, TimeSpan, Task> heed, DriverContext context, CancellationToken stopping)
    {
        _devices = devices;
        _heed = heed;
        _context = context;
        _stopping = stopping;
        Begin();
    }

    /// <summary>It has ended, or not begun.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    private IEnumerable<ChipDevice<TPort>> Heeding => _devices().Where(device => device.Chip.HeedsUplink);

    /// <summary>Begins to watch, where it does not yet and one of the chips has such a state.</summary>
    public void Begin()
    {
        if (Ended.IsCompleted && Heeding.Any())
        {
            Ended = WatchAsync(_stopping);
        }
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        var wait = Period;
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(wait, _context.TimeProvider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = Period;
            var absence = _context.UplinkAbsence();
            foreach (var device in Heeding)
            {
                try
                {
                    await _heed(device, absence);
                }
                catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                {
                    return;
                }
                catch (BusException)
                {
                    // Its next read finds out why. It takes the state when it is set up again, or at one of the next looks.
                    device.IsSetUp = false;
                    wait = RetryDelay;
                }
            }
        }
    }
}
