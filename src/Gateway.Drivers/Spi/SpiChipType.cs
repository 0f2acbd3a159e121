using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi;

/// <summary>A kind of chip on SPI. Immutable.</summary>
internal sealed record SpiChipType : ChipType<ISpiDevice>
{
    /// <summary>Clock polarity and phase.</summary>
    public int Mode { get; init; }

    /// <summary>A clock that it keeps up with at any supply.</summary>
    public int ClockHertz { get; init; } = 1_000_000;
}
