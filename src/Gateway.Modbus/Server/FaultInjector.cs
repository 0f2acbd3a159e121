namespace Gateway.Modbus.Server;

/// <summary>What befalls one answer.</summary>
public enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It does not come.</summary>
    Drop,

    /// <summary>A bit is flipped.</summary>
    Corrupt,

    /// <summary>It is a refusal.</summary>
    Exception,

    /// <summary>It comes in the name of the next unit.</summary>
    WrongUnit,

    /// <summary>It comes late.</summary>
    Late,

    /// <summary>It comes twice.</summary>
    Duplicate,

    /// <summary>Random bytes come in its place.</summary>
    Babble,
}

/// <summary>Chooses what befalls the answers of one device. Thread-safe.</summary>
/// <param name="faults">How often what happens.</param>
public sealed class FaultInjector(ModbusFaults faults)
{
    private const int MaxBabble = 64;

    private readonly Lock _gate = new();
    private readonly Random _random = new(faults.Seed);

    /// <summary>How often what happens.</summary>
    public ModbusFaults Faults => faults;

    /// <summary>What befalls the next answer.</summary>
    public Fault Next()
    {
        double chance;
        lock (_gate)
            chance = _random.NextDouble();
        Span<double> shares =
            [faults.Drop, faults.Corrupt, faults.Exception, faults.WrongUnit, faults.Late, faults.Duplicate, faults.Babble];
        for (var i = 0; i < shares.Length; i++)
        {
            chance -= shares[i];
            if (chance < 0)
                return Fault.Drop + i;
        }

        return Fault.None;
    }

    /// <summary>How long the next answer takes.</summary>
    public TimeSpan NextDelay()
    {
        lock (_gate)
            return faults.Delay + faults.Jitter * _random.NextDouble();
    }

    /// <summary>Flips one bit of it.</summary>
    public void FlipBit(Span<byte> frame)
    {
        lock (_gate)
            frame[_random.Next(frame.Length)] ^= (byte)(1 << _random.Next(8));
    }

    /// <summary>1 to 64 random bytes.</summary>
    public byte[] NextBabble()
    {
        lock (_gate)
        {
            var bytes = new byte[_random.Next(1, MaxBabble + 1)];
            _random.NextBytes(bytes);
            return bytes;
        }
    }
}
