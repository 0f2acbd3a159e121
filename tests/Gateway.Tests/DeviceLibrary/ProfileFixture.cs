using System.Globalization;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Gateway.TestSupport;

namespace Gateway.Tests.DeviceLibrary;

/// <summary>
/// What a device holds and what is to be published of it, from <c>tests/data/profiles/maker/model.txt</c>. A line is
/// <c>table address: words</c> (registers in hexadecimal, bits as 0 and 1), <c>frame table address: bytes</c> (an RTU answer),
/// <c>point = value</c> or <c>point = !reason</c>; a line <c>--- text</c> begins another state of the device.
/// </summary>
internal sealed class ProfileFixture
{
    /// <summary>How far around what is given the device shows zeros: what a planner may read along.</summary>
    private const int Margin = 10;

    private readonly List<(ModbusTable Table, int Address, ushort[] Values)> _cells = [];

    /// <summary>Point → value, or <c>!reason</c>.</summary>
    public Dictionary<string, string> Expected { get; } = [];

    /// <summary>The names of all fixtures.</summary>
    public static IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(Folder, "*.txt", SearchOption.AllDirectories).Select(path => Path.ChangeExtension(Path.GetRelativePath(Folder, path), null)).Order(StringComparer.Ordinal)];

    /// <summary>The states of a device; none if the profile has no fixture.</summary>
    /// <param name="profile"><c>maker/model</c></param>
    public static IReadOnlyList<ProfileFixture> Read(string profile)
    {
        var path = Path.Combine(Folder, profile + ".txt");
        if (!File.Exists(path))
        {
            return [];
        }

        var states = new List<ProfileFixture> { new() };
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line.StartsWith("---", StringComparison.Ordinal))
            {
                states.Add(new ProfileFixture());
            }
            else
            {
                states[^1].Take(line);
            }
        }

        return states;
    }

    /// <summary>The device's memory.</summary>
    public ModbusMemory CreateMemory()
    {
        var memory = new ModbusMemory();
        foreach (var (table, address, values) in _cells)
        {
            var first = Math.Max(0, address - Margin);
            Set(memory, table, first, new ushort[Math.Min(65536, address + values.Length + Margin) - first]);
        }

        foreach (var (table, address, values) in _cells)
        {
            Set(memory, table, address, values);
        }

        return memory;
    }

    private static string Folder => Path.Combine(Repository.Root, "tests", "data", "profiles");

    private static void Set(ModbusMemory memory, ModbusTable table, int address, ushort[] values)
    {
        if (table.HoldsBits())
        {
            memory.SetBits(table, (ushort)address, [.. values.Select(value => value != 0)]);
        }
        else
        {
            memory.SetRegisters(table, (ushort)address, values);
        }
    }

    private void Take(string line)
    {
        if (line.Split('=', 2, StringSplitOptions.TrimEntries) is [var point, var value])
        {
            Expected.Add(point, value);
            return;
        }

        var (place, content) = line.Split(':', 2) is [var left, var right] ? (left.Split(' '), right.Trim()) : throw new FormatException(line);
        var isFrame = place[0] == "frame";
        var table = place[^2] switch
        {
            "coil" => ModbusTable.Coils,
            "discrete" => ModbusTable.DiscreteInputs,
            "input" => ModbusTable.InputRegisters,
            "holding" => ModbusTable.HoldingRegisters,
            _ => throw new FormatException(line),
        };
        var words = isFrame ? Unwrap(content, table) : content.Split(' ').Select(word => ushort.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        _cells.Add((table, int.Parse(place[^1], CultureInfo.InvariantCulture), [.. words]));
    }

    // unit(1) function(1) bytes(1) data crc(2). Modbus over Serial Line 1.02 §2.5.1.
    private static IEnumerable<ushort> Unwrap(string frame, ModbusTable table)
    {
        var data = Convert.FromHexString(frame.Replace(" ", "", StringComparison.Ordinal))[3..^2];
        return table.HoldsBits()
            ? data.SelectMany(octet => Enumerable.Range(0, 8).Select(bit => (ushort)((octet >> bit) & 1)))
            : data.Chunk(2).Select(word => (ushort)((word[0] << 8) | word[1]));
    }
}
