using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Serial.Decoders;
using Gateway.Drivers.Serial.Fields;
using Gateway.Drivers.Serial.Framing;
using Gateway.Drivers.Serial.Protocols;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Serial;

/// <summary>Turns the keys of a device into what serves it.</summary>
internal static class SerialDeviceParser
{
    /// <summary>The device; null if something is not possible, which is reported.</summary>
    public static SerialDevice? Parse(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        var settings = device.Settings;
        var before = diagnostics.Count;
        var protocol = settings.TryGet<string>("protocol", out var name) && name is SerialSchema.Nmea or SerialSchema.Dsmr ? name : null;
        var layout = FindLayout(device, protocol, diagnostics);
        if (settings.Get<string>("separator").Length != 1)
        {
            Refuse(settings, "separator", $"'separator' must be one character, found '{settings.Get<string>("separator")}'", diagnostics);
        }

        SimulatedSerialDevice.Validate(device, diagnostics);
        FrameParser.TryReadBytes(settings, "request", diagnostics, out var request);
        var requests = new Dictionary<PointDefinition, byte[]>();
        var writes = new Dictionary<PointDefinition, SerialWrite>();
        foreach (var point in device.Points)
        {
            if (SerialWrite.Parse(point, layout, diagnostics) is { } write)
            {
                writes[point] = write;
            }

            PointWaveform.Validate(point, diagnostics);
            if (!SerialDevice.IsRead(point))
            {
                continue;
            }

            CheckPoint(point, protocol, settings.TryGet<SourceFile>("decoder", out _), diagnostics);
            FrameParser.TryReadBytes(point.Settings, "request", diagnostics, out var own);
            if (own.Length > 0 || request.Length > 0)
            {
                requests[point] = own.Length > 0 ? own : request;
            }
        }

        var read = device.Points.Where(SerialDevice.IsRead).ToList();
        var createDecoder = layout is null || diagnostics.Count > before ? null : FindDecoder(device, read, protocol, layout, diagnostics);
        if (layout is { Length: not null, Start.Length: 0, Check: null } && requests.Count < read.Count)
        {
            Refuse(settings, "frame", "frames of a fixed length cannot be told apart: give them a 'start' or a 'checksum'", diagnostics);
        }

        return diagnostics.Count > before ? null : new SerialDevice
        {
            Definition = device,
            Layout = layout!,
            CreateDecoder = createDecoder!,
            Requests = requests,
            Writes = writes,
            Timeout = settings.Get<TimeSpan>("timeout"),
            MaxAge = settings.Get<object>("max-age") is TimeSpan maxAge ? maxAge : null,
        };
    }

    private static FrameLayout? FindLayout(DeviceDefinition device, string? protocol, ICollection<Diagnostic> diagnostics)
    {
        var settings = device.Settings;
        if (protocol is null)
        {
            return settings.TryGet<Settings>("frame", out var frame) ? FrameParser.Parse(frame, diagnostics) : Refuse(
                settings, "name", $"{device.Name} needs 'frame', for example frame: {{ end: \"\\r\\n\" }}, or a 'protocol'", diagnostics);
        }

        return settings.IsWritten("frame")
            ? Refuse(settings, "frame", $"'protocol: {protocol}' has frames of its own; leave out 'frame'", diagnostics)
            : protocol == SerialSchema.Nmea ? NmeaSentence.Layout : DsmrTelegram.Layout;
    }

    private static void CheckPoint(PointDefinition point, string? protocol, bool hasDecoder, ICollection<Diagnostic> diagnostics)
    {
        var settings = point.Settings;
        var place = SerialSchema.PlaceKeys.First(settings.IsWritten);
        var needed = place switch
        {
            "key" => hasDecoder ? null : "'key' needs a 'decoder' on the device",
            "field" => protocol == SerialSchema.Nmea ? null : "'field' is for 'protocol: nmea'",
            "obis" or "mbus" => protocol == SerialSchema.Dsmr ? null : $"'{place}' is for 'protocol: dsmr'",
            _ when hasDecoder => "a device with a 'decoder' has its points by 'key'",
            _ when protocol is not null => $"a device with 'protocol: {protocol}' has its points by {(protocol == SerialSchema.Nmea ? "'field'" : "'obis' or 'mbus'")}",
            _ => null,
        };
        if (needed is not null)
        {
            Refuse(settings, place, needed, diagnostics);
        }
    }

    private static Func<IFrameDecoder>? FindDecoder(
        DeviceDefinition device, IReadOnlyList<PointDefinition> read, string? protocol, FrameLayout layout, ICollection<Diagnostic> diagnostics)
    {
        if (protocol is not null)
        {
            return protocol == SerialSchema.Nmea
                ? () => new NmeaDecoder(read)
                : DsmrPoints.Parse(read, diagnostics) is { } points ? () => new DsmrDecoder(points) : null;
        }

        if (device.Settings.TryGet<SourceFile>("decoder", out var file))
        {
            return JavaScriptProgram.Prepare(file, diagnostics) is { } program && JavaScriptPoints.Parse(read, diagnostics) is { } keys
                ? () => new JavaScriptDecoder(program, layout, keys)
                : null;
        }

        var fields = new List<(PointDefinition, IField)>();
        foreach (var point in read)
        {
            if (PointPlaceParser.Parse(point, diagnostics) is { } field)
            {
                fields.Add((point, field));
            }
        }

        var separator = device.Settings.Get<string>("separator")[0];
        return () => new FieldDecoder(layout, separator, fields);
    }

    private static FrameLayout? Refuse(Settings settings, string key, string message, ICollection<Diagnostic> diagnostics)
    {
        diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
        return null;
    }
}
