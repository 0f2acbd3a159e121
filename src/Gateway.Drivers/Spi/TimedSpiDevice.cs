using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi;

/// <summary>A device that answers zeros and reckons how long its bus is busy.</summary>
/// <param name="clockHertz">The clock.</param>
internal sealed class TimedSpiDevice(int clockHertz) : ISpiDevice, ITimedHardware
{
    public TimeSpan Busy { get; private set; }

    public long Transfers { get; private set; }

    public void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
    {
        read.Clear();
        Transfers++;
        Busy += TimeSpan.FromSeconds(8.0 * written.Length / clockHertz);
    }

    public void Dispose()
    {
    }
}
