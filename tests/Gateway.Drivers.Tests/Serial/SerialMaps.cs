using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Serial.Framing;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Serial;

/// <summary>Maps as a person writes them, with the library that ships.</summary>
internal static class SerialMaps
{
    public static readonly ProfileLibrary Library = new(new DiskFiles(), [Path.Combine(Repository.Root, "devicemaps", "library")]);

    /// <summary>Loads a map that must be valid.</summary>
    public static BusDefinition Load(string map) => Load(map, out var diagnostics) ?? throw new InvalidOperationException(string.Join('\n', diagnostics));

    /// <summary>Loads a map; null if it is not valid.</summary>
    /// <param name="map">What it says.</param>
    /// <param name="diagnostics">What is wrong, without the name of the file.</param>
    /// <param name="files">Files beside it.</param>
    public static BusDefinition? Load(string map, out string[] diagnostics, params (string Name, string Text)[] files)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-map-");
        try
        {
            var path = Path.Combine(folder.FullName, "map.yaml");
            File.WriteAllText(path, map);
            foreach (var (name, text) in files)
            {
                File.WriteAllText(Path.Combine(folder.FullName, name), text);
            }

            var result = new MapLoader(DriverCatalog.Create(), new DiskFiles()).Load([path], Library);
            diagnostics = [.. result.Diagnostics.Select(diagnostic => diagnostic.ToString().Replace(folder.FullName + "/", "", StringComparison.Ordinal))];
            return result.HasErrors ? null : result.Buses[0];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The one device of a map that must be valid.</summary>
    public static SerialDevice Device(string map)
    {
        var diagnostics = new List<Diagnostic>();
        return SerialDeviceParser.Parse(Load(map).Devices[0], diagnostics)!;
    }

    /// <summary>The device of a profile.</summary>
    public static SerialDevice OfProfile(string profile) => Device($"bus: {{ serial: /dev/ttyUSB0 }}\ndevices: [{{ name: device, profile: {profile} }}]\n");
}

/// <summary>Keeps the frames that a scanner finds.</summary>
internal sealed class FrameRecorder : IFrameSink
{
    public List<byte[]> Frames { get; } = [];

    public int Damaged { get; private set; }

    public void OnFrame(ReadOnlySpan<byte> frame) => Frames.Add(frame.ToArray());

    public void OnDamaged() => Damaged++;
}
