using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Runtime.Polling;

/// <content>Other devices and points on a bus that goes on.</content>
public sealed partial class BusPoller
{
    /// <summary>A call that takes longer is not waited for.</summary>
    private static readonly TimeSpan ReloadPatience = TimeSpan.FromSeconds(5);

    private PendingReload? _reload;

    /// <summary>Whether <see cref="ReloadAsync"/> is worth a try.</summary>
    internal bool CanReload => _bus is IReloadableBus;

    /// <summary>
    /// Polls another definition from the next call on, of which the bus's own keys are the same. What is the same object in both goes on as it
    /// is: the deadlines of a device, the state of one whose settings are. One call at a time.
    /// </summary>
    /// <param name="definition">What is to be polled.</param>
    /// <param name="takenUp">Is called between two calls of the bus, once it is so.</param>
    /// <returns>False: the bus cannot, or does not come back from a call; it is to be closed, and opened anew.</returns>
    internal async Task<bool> ReloadAsync(BusDefinition definition, Action takenUp)
    {
        if (_bus is not IReloadableBus)
        {
            return false;
        }

        var reload = new PendingReload(definition, takenUp);
        Interlocked.Exchange(ref _reload, reload);
        _wake.Set();
        try
        {
            return await reload.Done.Task.WaitAsync(ReloadPatience, _timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return Interlocked.CompareExchange(ref _reload, null, reload) != reload && await reload.Done.Task.ConfigureAwait(false);
        }
    }

    private async ValueTask TakeUpAsync(PendingReload reload)
    {
        var definition = reload.Definition;
        BeginCall();
        try
        {
            await ((IReloadableBus)_bus).ReloadAsync(definition, _stopping.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // As for reads.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (fault is not OperationCanceledException)
            {
                Log.DriverThrew(_context.Logger, Definition.Name, fault);
            }

            reload.Done.TrySetResult(false);
            return;
        }
        finally
        {
            _meter.SetBusy(false, Now);
        }

        var same = definition.Devices.Select(device => (device.Name, device.Settings)).ToHashSet();
        foreach (var other in Definition.Devices.Where(device => !same.Contains((device.Name, device.Settings))))
        {
            _states.TryRemove(other.Name, out _);
        }

        var gone = _schedule.Reload(definition, Now);
        foreach (var reader in _readers.Keys.Where(key => gone.Contains(key.Device)).ToList())
        {
            _readers.Remove(reader);
        }

        _turns = new RelayTurns(_schedule.PollsPerSecond);
        Definition = definition;
        reload.TakenUp();
        reload.Done.TrySetResult(true);
    }

    private sealed record PendingReload(BusDefinition Definition, Action TakenUp)
    {
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
