using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c;

/// <summary>An adapter that answers zeros and reckons how long its bus is busy.</summary>
internal sealed class TimedI2cBus : II2cBus, ITimedHardware
{
    /// <summary>The speed of standard mode, which adapters have unless they are told otherwise. The kernel does not tell.</summary>
    private const double BitsPerSecond = 100_000;

    /// <summary>Eight bits and their acknowledgement. UM10204, 3.1.5.</summary>
    private const int BitsPerByte = 9;

    /// <summary>A start and a stop, or a repeated start, with the gap that adapters leave.</summary>
    private const int BitsBetween = 2;

    public TimeSpan Busy { get; private set; }

    public long Transfers { get; private set; }

    public void Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec = false)
    {
        read.Clear();
        Transfers++;
        var bytes = (written.IsEmpty ? 0 : 1 + written.Length) + (read.IsEmpty ? 0 : 1 + read.Length) + (withPec ? 1 : 0);
        var messages = (written.IsEmpty ? 0 : 1) + (read.IsEmpty ? 0 : 1);
        Busy += TimeSpan.FromSeconds(((bytes * BitsPerByte) + (messages * BitsBetween)) / BitsPerSecond);
    }

    public void Dispose()
    {
    }
}
