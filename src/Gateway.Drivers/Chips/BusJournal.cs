using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Chips;

/// <summary>
/// Judges faults: whether they are a chip's or the bus's own. Counts them, and logs what is new. Thread-safe.
/// </summary>
/// <param name="bus">The bus, as the log names it.</param>
/// <param name="context">The log and the error counts.</param>
/// <param name="sharesLines">Whether its chips hang on the same lines, so that one can hold them for all.</param>
internal sealed class BusJournal(string bus, DriverContext context, bool sharesLines)
{
    private readonly Lock _gate = new();
    private string? _busFault;
    private string? _timedOut;

    /// <summary>A chip answered.</summary>
    public void Works<TPort>(ChipDevice<TPort> device)
    {
        lock (_gate)
        {
            _timedOut = null;
            device.Fault = null;
            if (_busFault is not null)
            {
                _busFault = null;
                Log.LineWorks(context.Logger, bus);
            }
        }
    }

    /// <summary>
    /// A transfer failed. Two chips in a row that hold the clock for too long are no coincidence: a line of the bus is held, and
    /// the recovery that the kernel tries after each did not free it.
    /// </summary>
    public ReadOutcome Fails<TPort>(ChipDevice<TPort> device, BusException fault)
    {
        lock (_gate)
        {
            var isTimeout = sharesLines && fault.Reason == BusReasons.Timeout;
            var isStuck = isTimeout && _timedOut is not null && _timedOut != device.Definition.Name;
            _timedOut = isTimeout ? _timedOut ?? device.Definition.Name : fault.IsBusFault ? _timedOut : null;
            var reason = isStuck ? BusReasons.BusStuck : fault.Reason;
            context.Errors.Count(device.Definition.Name, reason);
            if (isStuck || fault.IsBusFault)
            {
                var message = isStuck ? $"More than one chip takes too long: a line is held down, and the kernel cannot free it; switch the chips off and on again. {fault.Message}" : fault.Message;
                if (_busFault != message)
                {
                    _busFault = message;
                    Log.LineFailed(context.Logger, bus, message);
                }

                return new ReadOutcome(ReadStatus.BusFailed, reason);
            }

            if (device.Fault != fault.Message)
            {
                device.Fault = fault.Message;
                Log.ChipFailed(context.Logger, device.Definition.Name, bus, fault.Message);
            }

            return new ReadOutcome(ReadStatus.NoAnswer, reason);
        }
    }
}
