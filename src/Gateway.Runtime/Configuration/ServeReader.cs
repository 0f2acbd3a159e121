using System.Net;
using Gateway.Abstractions.Definitions;

namespace Gateway.Runtime.Configuration;

/// <summary>Turns the section <c>serve</c> into options.</summary>
internal sealed class ServeReader(ConfigurationPlace place, ICollection<Diagnostic> diagnostics)
{
    private const int TableSize = 65536;
    private const int MaxSerialUnit = 247;

    private static readonly string[] RegisterKeys = ["type", "order", "scale", "not-available", "length"];
    private static readonly string[] NumberKeys = ["scale", "count"];

    /// <summary>The entries; what is wrong is reported.</summary>
    public IReadOnlyList<ServeOptions> Read(Settings configuration)
    {
        var entries = new List<ServeOptions>();
        foreach (var entry in configuration.TryGet<IReadOnlyList<Settings>>("serve", out var written) ? written : [])
        {
            if (!entry.TryGet<string>("modbus", out var transport))
            {
                continue; // reported already
            }

            var isSerialPort = transport is "rtu" or "ascii";
            var listen = isSerialPort ? null : ReadListen(entry, transport);
            var port = isSerialPort ? ReadPort(entry, transport) : null;
            foreach (var key in isSerialPort ? ["listen"] : ServeSchema.LineKeys.Where(entry.IsWritten))
            {
                if (entry.IsWritten(key))
                {
                    Refuse(entry, key, isSerialPort ? $"'listen' is for the network, and 'modbus: {transport}' is served on a serial port; write 'port: /dev/ttyUSB1'" : $"'{key}' is for a serial port, 'modbus: rtu' or ascii; an address is written as 'listen: 127.0.0.1:1502'");
                }
            }

            var tls = ReadTls(entry, transport);
            if (listen is null && port is null)
            {
                continue;
            }

            if (listen is { Port: not 0 } && entries.Exists(other => listen.Equals(other.Listen) && (transport == ServeSchema.Datagrams) == (other.Transport == ServeSchema.Datagrams)))
            {
                Refuse(entry, "listen", $"'{listen}' is here twice");
            }

            if (entry.IsWritten("read-only") && !entry.IsWritten("proxy"))
            {
                Refuse(entry, "read-only", "'read-only' is for a proxy; values can be written only where they say 'write: true'");
            }

            entries.Add(new ServeOptions
            {
                Transport = transport,
                Listen = listen,
                Port = port,
                Tls = tls,
                Values = ReadValues(entry, hasSerialUnits: transport is not ("tcp" or "tls")),
                Proxy = entry.TryGet<string>("proxy", out var proxy) ? proxy : null,
                IsReadOnly = entry.TryGet<bool>("read-only", out var isReadOnly) && isReadOnly,
                Location = entry.Locate(isSerialPort ? "port" : "listen"),
                ProxyLocation = entry.Locate("proxy"),
            });
        }

        return entries;
    }

    private ServedPort? ReadPort(Settings entry, string transport)
    {
        if (entry.TryGet<string>("port", out _))
        {
            return new ServedPort(entry);
        }

        if (!entry.IsWritten("port"))
        {
            Refuse(entry, "modbus", $"'modbus: {transport}' needs 'port', for example /dev/ttyUSB1");
        }

        return null;
    }

    private ServedTls? ReadTls(Settings entry, string transport)
    {
        if (!entry.TryGet<Settings>("tls", out var tls) || !entry.IsWritten("tls"))
        {
            if (transport == "tls")
            {
                Refuse(entry, "modbus", "'modbus: tls' needs certificates; add 'tls: { ca: FILE, certificate: FILE, key: FILE }'");
            }

            return null;
        }

        if (transport != "tls")
        {
            Refuse(entry, "tls", $"'tls' is for 'modbus: tls', not for {transport}");
        }

        var (authority, certificate, key) = (place.FindFile(tls, "ca", diagnostics), place.FindFile(tls, "certificate", diagnostics), place.FindFile(tls, "key", diagnostics));
        return authority is null || certificate is null || key is null ? null : new ServedTls(authority, certificate, key) { Location = entry.Locate("tls") };
    }

    private IPEndPoint? ReadListen(Settings entry, string transport)
    {
        if (!entry.TryGet<string>("listen", out var text))
        {
            if (!entry.IsWritten("listen"))
            {
                Refuse(entry, "modbus", $"'modbus: {transport}' needs 'listen', for example 127.0.0.1:1502");
            }

            return null;
        }

        var address = text.StartsWith("localhost:", StringComparison.Ordinal) ? string.Concat("127.0.0.1", text.AsSpan("localhost".Length)) : text;
        if (!IPEndPoint.TryParse(address, out var endPoint) || address.LastIndexOf(':') <= address.LastIndexOf(']') || !address.Contains(':', StringComparison.Ordinal))
        {
            Refuse(entry, "listen", $"'{text}' is no address to listen on: write ADDRESS:PORT, such as 127.0.0.1:1502");
            return null;
        }

        if (!IPAddress.IsLoopback(endPoint.Address) && transport != "tls")
        {
            diagnostics.Add(Diagnostic.Warning(entry.Locate("listen"), $"'{text}' lets other machines in, and Modbus has no log-in: whoever reaches the port may do what it serves; 'modbus: tls' asks for certificates"));
        }

        return endPoint;
    }

    private List<ServedPoint> ReadValues(Settings entry, bool hasSerialUnits)
    {
        var values = new List<ServedPoint>();
        foreach (var (name, settings) in entry.TryGet<IReadOnlyDictionary<string, Settings>>("values", out var written) ? written : new Dictionary<string, Settings>())
        {
            if (ServeSchema.Tables.FirstOrDefault(table => settings.TryGet<long>(table, out _)) is { } table && ReadValue(name, table, settings) is { } value)
            {
                if (values.Find(other => (other.Unit, other.Table) == (value.Unit, value.Table) && other.Address < value.Address + value.Count && value.Address < other.Address + other.Count) is { } taken)
                {
                    Refuse(settings, table, $"{name} lies on {taken.Name}, which takes {Describe(taken)}");
                }

                if (hasSerialUnits)
                {
                    ValidateSerialUnit(value.Unit, settings);
                }

                values.Add(value);
            }
        }

        return values;
    }

    private void ValidateSerialUnit(byte unit, Settings settings)
    {
        if (unit == 0)
        {
            Refuse(settings, "unit", $"unit 0 is the broadcast; in frames of a serial line 1 to {MaxSerialUnit} are allowed");
        }
        else if (unit > MaxSerialUnit)
        {
            diagnostics.Add(Diagnostic.Warning(settings.Locate("unit"), $"unit {unit} is reserved by the standard, which has 1 to {MaxSerialUnit} in frames of a serial line; few clients ask for it"));
        }
    }

    private ServedPoint? ReadValue(string name, string table, Settings settings)
    {
        var isBit = table is "coil" or "discrete";
        foreach (var key in RegisterKeys.Where(key => isBit && settings.IsWritten(key)))
        {
            Refuse(settings, key, $"'{key}' is for registers, and a {table} is a single bit");
        }

        if (!settings.TryGet<string>("type", out var type) || !settings.TryGet<string>("order", out var order)
            || !settings.TryGet<decimal>("scale", out var scale) || !settings.TryGet<long>("unit", out var unit) || !settings.TryGet<long>("count", out var items))
        {
            return null; // reported already
        }

        if (scale == 0)
        {
            Refuse(settings, "scale", "'scale' must not be 0");
        }

        var isText = !isBit && type == "string";
        foreach (var key in NumberKeys.Where(key => isText && settings.IsWritten(key)))
        {
            Refuse(settings, key, $"'{key}' is for numbers, not for 'type: string'");
        }

        var hasLength = settings.TryGet<long>("length", out var length);
        if (isText && !hasLength)
        {
            if (!settings.IsWritten("length"))
            {
                Refuse(settings, "type", "a string needs 'length', the number of its registers");
            }

            return null;
        }

        if (hasLength && !isText && !isBit)
        {
            Refuse(settings, "length", $"'length' is for strings, not for 'type: {type}'");
        }

        var isWritable = settings.TryGet<bool>("write", out var write) && write;
        if (isWritable && table is "input" or "discrete")
        {
            Refuse(settings, "write", $"Modbus clients cannot write the table '{table}'; use {(table == "input" ? "holding" : "coil")}");
        }
        else if (isWritable && items > 1)
        {
            Refuse(settings, "write", "a list cannot be written");
        }

        var address = settings.Get<long>(table);
        var value = new ServedPoint(
            settings.Location, name, (byte)unit, table, (ushort)address, isBit ? "bool" : type, order, scale, settings.TryGet<string>("not-available", out var text) ? text : null)
        {
            Length = (int)length,
            Items = (int)items,
            IsWritable = isWritable,
        };
        if (address + value.Count > TableSize)
        {
            Refuse(settings, table, $"{value.Count} {(isBit ? "bits" : "registers")} from address {address} on reach past {TableSize - 1}, the last address");
        }
        else if (value.Count > ServeSchema.MaxRegisters)
        {
            Refuse(settings, "count", $"{items} values of 'type: {type}' are {value.Count} registers, more than the {ServeSchema.MaxRegisters} that one request can read");
        }

        return value;
    }

    private static string Describe(ServedPoint value) => value.Count == 1 ? $"{value.Table} {value.Address}" : $"{value.Table} {value.Address} to {value.Address + value.Count - 1}";

    private void Refuse(Settings settings, string key, string message) => diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
}
