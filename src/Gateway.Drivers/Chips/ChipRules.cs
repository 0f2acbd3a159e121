using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Gpio;
using Gateway.Drivers.Simulated;

namespace Gateway.Drivers.Chips;

/// <summary>What a device must say for the chip that it is, and the chip that comes of it.</summary>
/// <typeparam name="TPort">The way to a chip.</typeparam>
/// <param name="types">The chips that the gateway knows.</param>
/// <param name="access">How registers are reached, of those that only the map describes.</param>
internal sealed class ChipRules<TPort>(IReadOnlyCollection<ChipType<TPort>> types, IRegisterAccess<TPort> access)
{
    private readonly string[] _particular = [.. types.SelectMany(type => type.Keys).Distinct()];

    /// <summary>Adds what is wrong.</summary>
    public void Validate(DeviceDefinition device, ChipType<TPort>? type, ICollection<Diagnostic> diagnostics)
    {
        foreach (var settings in device.Points.Select(point => point.Settings).Prepend(device.Settings))
        {
            foreach (var key in _particular.Where(key => settings.IsWritten(key) && type?.Keys.Contains(key) != true))
            {
                var names = types.Where(other => other.Keys.Contains(key)).Select(other => other.Name);
                Refuse(settings, key, $"'{key}' is for {string.Join(", ", names)}, not for {(type is null ? "a device without 'sensor'" : $"'{type.Name}'")}", diagnostics);
            }
        }

        foreach (var point in device.Points)
        {
            PointWaveform.Validate(point, diagnostics);
        }

        if (type is null)
        {
            ValidateRegisters(device, diagnostics);
        }
        else
        {
            ValidateFields(device, type, diagnostics);
        }
    }

    /// <summary>The chip of a valid device.</summary>
    public ChipDevice<TPort> Create(DeviceDefinition device, ChipType<TPort>? type, DriverContext context)
    {
        var fields = type is null
            ? device.Points.Select((point, i) => (point, i)).ToDictionary()
            : device.Points.ToDictionary(point => point, point => FieldOf(type, point));
        var chip = type?.Create(device, context) ?? new RegisterChip<TPort>(RegisterDevice.Parse(device, []), access);
        return new ChipDevice<TPort>(device, chip, type?.Fields.Count ?? device.Points.Count, fields);
    }

    private static void ValidateFields(DeviceDefinition device, ChipType<TPort> type, ICollection<Diagnostic> diagnostics)
    {
        foreach (var key in RegisterKeys.DeviceKeys.Where(device.Settings.IsWritten))
        {
            Refuse(device.Settings, key, $"'{key}' is for a device without 'sensor'; the gateway knows the registers of '{type.Name}'", diagnostics);
        }

        var owners = new Dictionary<string, PointDefinition>();
        foreach (var point in device.Points)
        {
            var settings = point.Settings;
            if (!settings.TryGet<string>(ChipKeys.Field, out var field))
            {
                var place = RegisterKeys.Places.First(settings.IsWritten);
                Refuse(settings, place, $"'{place}' is for a device without 'sensor'; of '{type.Name}' say 'field': {Join(type.Fields)}", diagnostics);
                continue;
            }

            if (FieldOf(type, point) < 0)
            {
                Refuse(settings, ChipKeys.Field, $"'{type.Name}' has no field '{field}'; it has {Join(type.Fields)}", diagnostics);
            }

            if (!owners.TryAdd(field, point))
            {
                RefuseContradiction(point, owners[field], field, type, diagnostics);
            }

            if (type.Keys.Contains("start"))
            {
                ValidateOutput(settings, isPin: type.Keys.Contains("direction"), diagnostics);
            }

            foreach (var key in RegisterKeys.ContentKeys.Where(settings.IsWritten))
            {
                Refuse(settings, key, $"'{key}' is for points with 'register' or 'send'; the gateway knows what '{type.Name}' has", diagnostics);
            }

            if (point.Writable && !type.IsWritable)
            {
                Refuse(settings, "write", $"'{type.Name}' has nothing to write", diagnostics);
            }
            else if (point.Writable && type.Keys.Contains("direction") && settings.Get<string>("direction") == "input")
            {
                Refuse(settings, "write", "an input cannot be written; add 'direction: output'", diagnostics);
            }
        }
    }

    /// <summary>What is set for a field, such as its range, is set for all points that are it.</summary>
    private static void RefuseContradiction(PointDefinition point, PointDefinition other, string field, ChipType<TPort> type, ICollection<Diagnostic> diagnostics)
    {
        foreach (var key in type.Keys)
        {
            point.Settings.TryGet<object>(key, out var value);
            other.Settings.TryGet<object>(key, out var first);
            if (!Equals(value, first))
            {
                Refuse(point.Settings, key, $"{point} and {other} are both '{field}', and differ in '{key}'; give both the same, or make one point of them", diagnostics);
            }
        }
    }

    private static void ValidateOutput(Settings settings, bool isPin, ICollection<Diagnostic> diagnostics)
    {
        if (!isPin || settings.Get<string>("direction") == "output")
        {
            OutputStates.Validate(settings, diagnostics);
        }
        else
        {
            OutputStates.RefuseForInput(settings, OutputStates.Keys.Append(OutputStates.PulseKey).Select(key => key.Name), diagnostics);
        }
    }

    private static void ValidateRegisters(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        foreach (var point in device.Points.Where(point => point.Settings.IsWritten(ChipKeys.Field)))
        {
            Refuse(point.Settings, ChipKeys.Field, "'field' is for a device with 'sensor'; without it a point has 'register' or 'send'", diagnostics);
        }

        RegisterDevice.Parse(device, diagnostics);
    }

    private static int FieldOf(ChipType<TPort> type, PointDefinition point)
    {
        var field = point.Settings.Get<string>(ChipKeys.Field);
        return type.Fields.TakeWhile(name => name != field).Count() is var index && index < type.Fields.Count ? index : -1;
    }

    private static string Join(IReadOnlyList<string> names) =>
        names.Count > 8 ? $"{string.Join(", ", names.Take(4))} … {names[^1]}" : string.Join(", ", names);

    private static void Refuse(Settings settings, string key, string message, ICollection<Diagnostic> diagnostics) =>
        diagnostics.Add(Diagnostic.Error(settings.Locate(key), message));
}
