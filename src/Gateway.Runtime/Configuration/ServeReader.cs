using System.Net;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Schema;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>serve</c> into options.</summary>
internal sealed class ServeReader(ICollection<Diagnostic> diagnostics)
{
    private const int TableSize = 65536;

    private static readonly string[] Tables = ["holding", "input", "coil", "discrete"];
    private static readonly string[] RegisterKeys = ["type", "order", "scale", "not-available"];

    /// <summary>What a value may say.</summary>
    private static readonly SectionSchema Value = new()
    {
        Name = "a served value",
        Keys =
        [
            .. Tables.Select(table => new KeySchema { Name = table, Type = KeyType.Integer, Minimum = 0, Maximum = TableSize - 1, Description = $"The zero-based wire address in the table '{table}'.", Example = "0" }),
            new() { Name = "type", Type = KeyType.Choice, Choices = ["uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"], Default = "float32", Description = "What the registers hold.", Example = "int16" },
            new() { Name = "order", Type = KeyType.Choice, Choices = ["ABCD", "CDAB", "BADC", "DCBA"], Default = "ABCD", Description = "The order of the bytes.", Example = "CDAB" },
            new() { Name = "scale", Type = KeyType.Number, Default = 1m, Description = "Registers × scale is the value.", Example = "0.1" },
            new() { Name = "unit", Type = KeyType.Integer, Default = 1L, Minimum = 0, Maximum = 255, Description = "The unit id under which it is served.", Example = "1" },
            new() { Name = "not-available", Type = KeyType.Text, Description = "What the registers show while there is no good value: a number, or bits in hexadecimal; left out, requests are refused with exception 11 then.", Example = "0x7FC00000" },
        ],
        ExactlyOneOf = [Tables],
    };

    /// <summary>What an entry may say.</summary>
    public static SectionSchema Schema { get; } = new()
    {
        Name = "an entry of 'serve'",
        Keys =
        [
            new() { Name = "modbus", Type = KeyType.Choice, Choices = ["tcp", "rtu-over-tcp"], Required = true, Description = "The framing.", Example = "tcp" },
            new() { Name = "listen", Type = KeyType.Text, Required = true, Description = "Where: ADDRESS:PORT. Modbus has no log-in, so 127.0.0.1 unless others are meant to come.", Example = "127.0.0.1:1502" },
            new() { Name = "values", Type = KeyType.SectionMap, Section = Value, Description = "The points whose newest values are served, each by its name DEVICE.POINT. They can be read, not written.", Example = "{ meter.power: { input: 12 } }" },
            new() { Name = "proxy", Type = KeyType.Text, Description = "A device: requests to any unit are passed on to its bus, behind the gateway's own writes and in at most half of the time.", Example = "meter" },
        ],
        ExactlyOneOf = [["values", "proxy"]],
        Instead = new Dictionary<string, string> { ["port"] = "write it as 'listen: 127.0.0.1:PORT'", ["host"] = "write it as 'listen: HOST:PORT'" },
    };

    /// <summary>The entries; what is wrong is reported.</summary>
    public IReadOnlyList<ServeOptions> Read(Settings configuration)
    {
        var entries = new List<ServeOptions>();
        foreach (var entry in configuration.TryGet<IReadOnlyList<Settings>>("serve", out var written) ? written : [])
        {
            if (ReadListen(entry) is not { } listen)
            {
                continue;
            }

            if (listen.Port != 0 && entries.Exists(other => other.Listen.Equals(listen)))
            {
                Refuse(entry, "listen", $"'{listen}' is here twice");
            }

            entries.Add(new ServeOptions
            {
                Listen = listen,
                IsRtu = entry.TryGet<string>("modbus", out var framing) && framing != "tcp",
                Values = ReadValues(entry),
                Proxy = entry.TryGet<string>("proxy", out var proxy) ? proxy : null,
                Location = entry.Location,
                ProxyLocation = entry.Locate("proxy"),
            });
        }

        return entries;
    }

    private IPEndPoint? ReadListen(Settings entry)
    {
        if (!entry.TryGet<string>("listen", out var text))
        {
            return null;
        }

        var address = text.StartsWith("localhost:", StringComparison.Ordinal) ? string.Concat("127.0.0.1", text.AsSpan("localhost".Length)) : text;
        if (!IPEndPoint.TryParse(address, out var endPoint) || address.LastIndexOf(':') <= address.LastIndexOf(']') || !address.Contains(':', StringComparison.Ordinal))
        {
            Refuse(entry, "listen", $"'{text}' is no address to listen on: write ADDRESS:PORT, such as 127.0.0.1:1502");
            return null;
        }

        if (!IPAddress.IsLoopback(endPoint.Address))
        {
            diagnostics.Add(Diagnostic.Warning(entry.Locate("listen"), $"'{text}' lets other machines in, and Modbus has no log-in: whoever reaches the port may do what it serves"));
        }

        return endPoint;
    }

    private List<ServedPoint> ReadValues(Settings entry)
    {
        var values = new List<ServedPoint>();
        foreach (var (name, settings) in entry.TryGet<IReadOnlyDictionary<string, Settings>>("values", out var written) ? written : new Dictionary<string, Settings>())
        {
            if (Tables.FirstOrDefault(table => settings.TryGet<long>(table, out _)) is { } table && ReadValue(name, table, settings) is { } value)
            {
                if (values.Find(other => (other.Unit, other.Table) == (value.Unit, value.Table) && other.Address < value.Address + value.Count && value.Address < other.Address + other.Count) is { } taken)
                {
                    Refuse(settings, table, $"{name} lies on {taken.Name}, which takes {Describe(taken)}");
                }

                values.Add(value);
            }
        }

        return values;
    }

    private ServedPoint? ReadValue(string name, string table, Settings settings)
    {
        var isBit = table is "coil" or "discrete";
        foreach (var key in RegisterKeys.Where(key => isBit && settings.IsWritten(key)))
        {
            Refuse(settings, key, $"'{key}' is for registers, and a {table} is a single bit");
        }

        if (!settings.TryGet<string>("type", out var type) || !settings.TryGet<string>("order", out var order)
            || !settings.TryGet<decimal>("scale", out var scale) || !settings.TryGet<long>("unit", out var unit))
        {
            return null; // reported already
        }

        if (scale == 0)
        {
            Refuse(settings, "scale", "'scale' must not be 0");
        }

        var address = settings.Get<long>(table);
        var value = new ServedPoint(
            settings.Location, name, (byte)unit, table, (ushort)address, isBit ? "bool" : type, order, scale, settings.TryGet<string>("not-available", out var text) ? text : null);
        if (address + value.Count > TableSize)
        {
            Refuse(settings, table, $"{value.Count} registers from address {address} on reach past {TableSize - 1}, the last address");
        }

        return value;
    }

    private static string Describe(ServedPoint value) => value.Count == 1 ? $"{value.Table} {value.Address}" : $"{value.Table} {value.Address} to {value.Address + value.Count - 1}";

    private void Refuse(Settings settings, string key, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
}
