namespace Gateway.Modbus.Server;

/// <summary>What befalls one answer.</summary>
internal enum Fault
{
    None,
    Drop,
    Corrupt,
    Exception,
    WrongUnit,
    Late,
    Duplicate,
    Babble,
}

/// <summary>Chooses what befalls the answers of one unit. Thread-safe.</summary>
internal sealed class FaultInjector(ModbusFaults faults)
{
    private const int MaxBabble = 64;

    private readonly Lock _gate = new();
    private readonly Random _random = new(faults.Seed);

    public ModbusFaults Faults => faults;

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

    public TimeSpan NextDelay()
    {
        lock (_gate)
            return faults.Delay + faults.Jitter * _random.NextDouble();
    }

    public void FlipBit(Span<byte> frame)
    {
        lock (_gate)
            frame[_random.Next(frame.Length)] ^= (byte)(1 << _random.Next(8));
    }

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
