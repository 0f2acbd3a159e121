using System.Globalization;
using System.Text;
using Gateway.Linux.I2c;

namespace Gateway.Linux.Tests.I2c;

/// <summary>Answers as a script says, and keeps the calls as text.</summary>
internal sealed class FakeI2cKernel(nuint functions) : II2cKernel
{
    /// <summary>Adapters as the kernel describes them: i2c-bcm2835, and i2c-stub with all that it has.</summary>
    public const nuint Plain = 0x0EFF0009;

    /// <summary>As <see cref="Plain"/>, of an adapter that does SMBus only.</summary>
    public const nuint Stub = 0x0CFF0000;

    private readonly StringBuilder _calls = new();

    /// <summary>The calls since this was asked last.</summary>
    public string Calls
    {
        get
        {
            var calls = _calls.ToString().Trim();
            _calls.Clear();
            return calls;
        }
    }

    /// <summary>What transfers answer, one after the other; then 0.</summary>
    public Queue<int> Errors { get; } = new();

    /// <summary>What setting an address answers.</summary>
    public Dictionary<int, int> AddressErrors { get; } = [];

    /// <summary>What reads give, byte after byte.</summary>
    public Queue<byte> Bytes { get; } = new();

    public bool IsDisposed { get; private set; }

    public int ReadFunctions(out nuint found)
    {
        found = functions;
        return 0;
    }

    public int SetAddress(int address)
    {
        _calls.Append(CultureInfo.InvariantCulture, $"slave {address:x2}, ");
        return AddressErrors.GetValueOrDefault(address);
    }

    public int SetPec(bool isOn)
    {
        _calls.Append(isOn ? "pec on, " : "pec off, ");
        return 0;
    }

    public int Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read)
    {
        _calls.Append(CultureInfo.InvariantCulture, $"{address:x2} w{Convert.ToHexStringLower(written)} r{read.Length}, ");
        Fill(read);
        return Errors.TryDequeue(out var errno) ? errno : 0;
    }

    public int TransferSmBus(byte direction, byte command, uint size, Span<byte> data)
    {
        var name = size switch { 1 => "byte", 2 => "byte-data", 3 => "word", 8 => "block", _ => "?" };
        var length = size switch { 1 => direction == 1 ? 1 : 0, 2 => 1, 3 => 2, _ => 1 + data[0] };
        if (direction == 1)
        {
            _calls.Append(CultureInfo.InvariantCulture, $"read {name} {command:x2}{(size == 8 ? $" {data[0]}" : "")}, ");
            Fill(data[(size == 8 ? 1 : 0)..length]);
        }
        else
        {
            _calls.Append(CultureInfo.InvariantCulture, $"write {name} {command:x2}{(length > 0 ? " " : "")}{Convert.ToHexStringLower(data[..length])}, ");
        }

        return Errors.TryDequeue(out var errno) ? errno : 0;
    }

    public void Dispose() => IsDisposed = true;

    private void Fill(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length && Bytes.Count > 0; i++)
            bytes[i] = Bytes.Dequeue();
    }
}
