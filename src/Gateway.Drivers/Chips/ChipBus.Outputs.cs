using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <content>What outputs become by themselves: at the loss of the uplink, at the end of a pulse, at the stop.</content>
internal sealed partial class ChipBus<TPort>
{
    private IEnumerable<TimeSpan> HeedUplink(ChipDevice<TPort> device, TimeSpan absence)
    {
        if (!device.Chip.IsUplinkLossOwed(absence))
        {
            yield break;
        }

        foreach (var wait in SetUp(device))
        {
            yield return wait;
        }

        var fields = device.Chip.HeedUplinkLoss(OpenPort(device.Definition));
        ExpectPulseEnd(device);
        Log.UplinkLossHeededByAll(_context.Logger, device.Definition.Name, absence.TotalSeconds);
        foreach (var wait in Tell(device, fields))
        {
            yield return wait;
        }
    }

    // On the thread of the bus.
    private void ExpectPulseEnd(ChipDevice<TPort> device)
    {
        if (device.Chip.PulseLeft is { } left)
        {
            device.PulseEnd ??= new PulseEnd(() => EndPulsesAsync(device), _timeProvider);
            device.PulseEnd.ComesIn(left);
        }
    }

    private async Task<bool> EndPulsesAsync(ChipDevice<TPort> device)
    {
        try
        {
            await ThreadOf(device).WalkAsync(EndPulses(device), TimeSpan.Zero, _stopping.Token);
            return true;
        }
        catch (BusException)
        {
            // Its next read finds out why.
            device.IsSetUp = false;
            return false;
        }
    }

    private IEnumerable<TimeSpan> EndPulses(ChipDevice<TPort> device)
    {
        if (device.Chip.PulseLeft <= TimeSpan.Zero)
        {
            foreach (var wait in SetUp(device))
            {
                yield return wait;
            }

            var fields = device.Chip.EndPulses(OpenPort(device.Definition));
            ExpectPulseEnd(device);
            foreach (var wait in Tell(device, fields))
            {
                yield return wait;
            }
        }
        else
        {
            ExpectPulseEnd(device);
        }
    }

    // What an output has become by itself is told as an edge is.
    private IEnumerable<TimeSpan> Tell(ChipDevice<TPort> device, IReadOnlyList<int> fields)
    {
        if (_sink is not { } sink || fields.Count == 0)
        {
            yield break;
        }

        var values = ChipValues.NotReady(device.Values);
        foreach (var wait in device.Chip.Measure(OpenPort(device.Definition), fields, values))
        {
            yield return wait;
        }

        var measured = new Measured(ReadOutcome.Answered, _timeProvider.GetUtcNow(), _timeProvider.GetTimestamp());
        Report(measured, device, [.. device.Definition.Points.Where(point => fields.Contains(device.FieldOf(point)))], values, sink);
        sink.Finish(device.Definition.Name, isHeard: true);
    }

    private async ValueTask LetGoAsync(ChipDevice<TPort> device, ChipDevice<TPort>? next)
    {
        if (device.Chip.HasOutputs)
        {
            await OnThreadAsync(() =>
            {
                if (next is not null)
                {
                    next.Chip.Follow(device.Chip);
                    ExpectPulseEnd(next);
                }

                device.Chip.LetGo(OpenPort(device.Definition));
            });
        }
    }
}
