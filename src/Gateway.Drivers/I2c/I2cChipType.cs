using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c;

/// <summary>A kind of chip on I2C. Immutable.</summary>
internal sealed record I2cChipType : ChipType<I2cPort>
{
    /// <summary>The addresses that it can be set to, the usual one first.</summary>
    public required IReadOnlyList<int> Addresses { get; init; }

    /// <summary>A few words on what it is, for a scan.</summary>
    public required string Description { get; init; }

    /// <summary>
    /// Looks by reads that change nothing whether it is the chip; null: it has nothing to tell it by. Whatever is at the address
    /// must bear it: no more than a register's number of one byte is written.
    /// </summary>
    public Func<I2cPort, bool>? Recognise { get; init; }

    /// <summary>The addresses at which a scan looks: at the others there are chips that would take the register's number for data.</summary>
    public IReadOnlyList<int> RecognisedAt
    {
        get => field ?? Addresses;
        init;
    }
}
