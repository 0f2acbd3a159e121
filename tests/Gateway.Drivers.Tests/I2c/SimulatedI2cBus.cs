using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>A chip as the bus sees it.</summary>
internal interface ISimulatedChip
{
    /// <summary>A write that is addressed to it. False: it does not acknowledge.</summary>
    bool Write(ReadOnlySpan<byte> bytes);

    /// <summary>A read that is addressed to it. False: it does not acknowledge.</summary>
    bool Read(Span<byte> bytes);
}

/// <summary>An I2C bus in memory. Whoever calls it from two threads at once, or keeps it after closing it, gets an exception that no driver expects.</summary>
internal sealed class SimulatedI2cBus : II2cBus
{
    private readonly Dictionary<int, ISimulatedChip> _chips = [];
    private int _users;

    /// <summary>Thrown by every transaction while it is set.</summary>
    public BusException? Fault { get; set; }

    /// <summary>Thrown by transactions with one address.</summary>
    public Dictionary<int, BusException> Faults { get; } = [];

    /// <summary>Transactions so far.</summary>
    public int Transactions { get; private set; }

    /// <summary>How often the bus was opened.</summary>
    public int Opened { get; private set; }

    public bool IsOpen { get; private set; }

    /// <summary>Called before each transaction, on the thread of the bus.</summary>
    public Action? OnTransfer { get; set; }

    /// <summary>Whether somebody keeps the bus for himself.</summary>
    public bool IsReserved { get; private set; }

    /// <summary>The thread of the last transaction.</summary>
    public int ThreadId { get; private set; }

    public ISimulatedChip? this[int address]
    {
        set
        {
            lock (_chips)
            {
                if (value is null)
                {
                    _chips.Remove(address);
                }
                else
                {
                    _chips[address] = value;
                }
            }
        }
    }

    public SimulatedI2cBus Open()
    {
        if (Fault is { IsBusFault: true } fault)
        {
            throw fault;
        }

        Opened++;
        IsOpen = true;
        return this;
    }

    public void Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read, bool withPec = false)
    {
        if (Interlocked.Increment(ref _users) != 1 || !IsOpen)
        {
            throw new InvalidOperationException("The bus has one owner, who opened it.");
        }

        try
        {
            ThreadId = Environment.CurrentManagedThreadId;
            Transactions++;
            OnTransfer?.Invoke();
            if (Fault is not null || Faults.ContainsKey(address))
            {
                throw Fault ?? Faults[address];
            }

            ISimulatedChip[] answering;
            lock (_chips)
            {
                answering = [.. Answering(_chips, address)];
            }

            if (answering.Length > 1)
            {
                throw new InvalidOperationException("Two chips answer together.");
            }

            if (answering is not [var chip] || (!written.IsEmpty && !chip.Write(written)) || (!read.IsEmpty && !chip.Read(read)))
            {
                throw new BusException(BusReasons.NoAck, $"Nothing acknowledges 0x{address:x2}.");
            }
        }
        finally
        {
            Interlocked.Decrement(ref _users);
        }
    }

    public IDisposable Reserve()
    {
        IsReserved = true;
        return new Reservation(this);
    }

    public void Dispose() => IsOpen = false;

    private static IEnumerable<ISimulatedChip> Answering(Dictionary<int, ISimulatedChip> chips, int address)
    {
        if (chips.TryGetValue(address, out var own))
        {
            yield return own;
        }

        foreach (var behind in chips.Values.OfType<SimulatedMux>().Select(mux => mux.Find(address)).OfType<ISimulatedChip>())
        {
            yield return behind;
        }
    }

    private sealed class Reservation(SimulatedI2cBus bus) : IDisposable
    {
        public void Dispose() => bus.IsReserved = false;
    }
}

/// <summary>A TCA9548A: the byte that is written says which channels are on. SCPS207 §8.6.2.</summary>
internal sealed class SimulatedMux : ISimulatedChip
{
    /// <summary>Those that are on, a bit each.</summary>
    public byte Channels { get; set; }

    public Dictionary<(int Channel, int Address), ISimulatedChip> Behind { get; } = [];

    public ISimulatedChip? Find(int address) =>
        Behind.Where(pair => pair.Key.Address == address && (Channels >> pair.Key.Channel & 1) != 0).Select(pair => pair.Value).FirstOrDefault();

    public bool Write(ReadOnlySpan<byte> bytes)
    {
        Channels = bytes[^1];
        return true;
    }

    public bool Read(Span<byte> bytes)
    {
        bytes.Fill(Channels);
        return true;
    }
}

/// <summary>A chip of registers of 8 bits: the first byte written is the register, which counts up with each byte.</summary>
internal class SimulatedRegisters : ISimulatedChip
{
    private int _register;

    public byte[] Registers { get; } = new byte[256];

    public virtual bool Write(ReadOnlySpan<byte> bytes)
    {
        _register = bytes[0];
        foreach (var value in bytes[1..])
        {
            OnWrite(_register, value);
            _register = (_register + 1) & 0xFF;
        }

        return true;
    }

    public virtual bool Read(Span<byte> bytes)
    {
        foreach (ref var value in bytes)
        {
            value = Registers[_register];
            _register = (_register + 1) & 0xFF;
        }

        return true;
    }

    public void Set(int register, params byte[] values) => values.CopyTo(Registers, register);

    protected virtual void OnWrite(int register, byte value) => Registers[register] = value;
}

/// <summary>A chip of registers of 16 bits, high byte first.</summary>
internal sealed class SimulatedWords : ISimulatedChip
{
    public ushort[] Registers { get; } = new ushort[256];

    public int Register { get; private set; }

    public bool Write(ReadOnlySpan<byte> bytes)
    {
        Register = bytes[0];
        if (bytes.Length >= 3)
        {
            Registers[Register] = (ushort)((bytes[1] << 8) | bytes[2]);
        }

        return true;
    }

    public bool Read(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(Registers[Register] >> (i % 2 == 0 ? 8 : 0));
        }

        return true;
    }
}

/// <summary>A chip of commands: after each it has an answer, some time later.</summary>
/// <param name="answers">Command, in hexadecimal → the answer; a command without one is acknowledged.</param>
/// <param name="timeProvider">The clock of the wait.</param>
/// <param name="wait">How long a command takes; it does not acknowledge a read before.</param>
internal sealed class SimulatedCommands(Dictionary<string, byte[]> answers, TimeProvider timeProvider, TimeSpan wait) : ISimulatedChip
{
    private byte[]? _answer;
    private long _began;

    public List<string> Commands { get; } = [];

    public Dictionary<string, byte[]> Answers => answers;

    public bool Write(ReadOnlySpan<byte> bytes)
    {
        var command = Convert.ToHexString(bytes);
        Commands.Add(command);
        _answer = answers.GetValueOrDefault(command);
        _began = timeProvider.GetTimestamp();
        return true;
    }

    public bool Read(Span<byte> bytes)
    {
        if (_answer is null || timeProvider.GetElapsedTime(_began) < wait)
        {
            return false;
        }

        _answer.AsSpan(0, bytes.Length).CopyTo(bytes);
        return true;
    }
}

/// <summary>A BMP280 or BME280 with the calibration of the BMP280's datasheet, §3.12: raw values of a measurement appear when one is begun.</summary>
internal sealed class SimulatedBosch : SimulatedRegisters
{
    public SimulatedBosch(byte id)
    {
        Set(0xD0, id);
        Set(0x88, Convert.FromHexString("706B436718FC7D8E43D6D00B270B8C00F9FF8C3CF8C67017004B")); // 0xA1 is dig_H1 = 75
        Set(0xE1, Convert.FromHexString("6A01001304001E"));
        Set(0xF7, 0x80, 0, 0, 0x80, 0, 0, 0x80, 0);
    }

    public int Measurements { get; private set; }

    protected override void OnWrite(int register, byte value)
    {
        base.OnWrite(register, value);
        if (register == 0xF4 && (value & 3) is 1 or 2)
        {
            Measurements++;
            Registers[0xF4] &= 0xFC;
            Set(0xF7, 0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00, 0x66, 0x33); // 415148, 519888, 0x6633
        }
    }
}
