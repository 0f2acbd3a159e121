using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>A model that a device has.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">What maps call it; null if the gateway does not know it.</param>
/// <param name="Address">The register that holds its number.</param>
/// <param name="Length">Its registers, without number and length.</param>
/// <param name="Points">Its points that have a value; of two models of one name, those of the first.</param>
public sealed record SunSpecSurveyModel(int Id, string? Name, int Address, int Length, IReadOnlyList<SunSpecSurveyPoint> Points);

/// <summary>A point that a device has implemented.</summary>
/// <param name="Reference">What maps call it: <c>inverter.W</c>.</param>
/// <param name="Unit">Its unit of measurement; null if it has none.</param>
/// <param name="Value">What it shows.</param>
public sealed record SunSpecSurveyPoint(string Reference, string? Unit, string Value);

/// <summary>Finds out what a SunSpec device offers: its models, and which of their points it has implemented.</summary>
public static class SunSpecSurvey
{
    private const string ScaleFactorSuffix = "_SF";
    private const string Padding = "Pad";

    // What a scale factor is for tells the unit of what it scales.
    private static readonly Dictionary<string, string> Units = new()
    {
        ["A"] = "A",
        ["DCA"] = "A",
        ["AMax"] = "A",
        ["ARtg"] = "A",
        ["V"] = "V",
        ["DCV"] = "V",
        ["VRef"] = "V",
        ["VRefOfs"] = "V",
        ["VMinMax"] = "V",
        ["CellV"] = "V",
        ["InBatV"] = "V",
        ["W"] = "W",
        ["DCW"] = "W",
        ["WMax"] = "W",
        ["WRtg"] = "W",
        ["WAval"] = "W",
        ["WChaMax"] = "W",
        ["MaxChaRte"] = "W",
        ["MaxDisChaRte"] = "W",
        ["WChaDisChaMax"] = "W",
        ["VA"] = "VA",
        ["VARtg"] = "VA",
        ["VAMax"] = "VA",
        ["VAChaMax"] = "VA",
        ["VAr"] = "var",
        ["VAR"] = "var",
        ["VArRtg"] = "var",
        ["VArMax"] = "var",
        ["VArAval"] = "var",
        ["Hz"] = "Hz",
        ["ECPNomHz"] = "Hz",
        ["WH"] = "Wh",
        ["DCWH"] = "Wh",
        ["WHRtg"] = "Wh",
        ["TotWh"] = "Wh",
        ["TotVAh"] = "VAh",
        ["TotVArh"] = "varh",
        ["AhrRtg"] = "Ah",
        ["AHRtg"] = "Ah",
        ["StorAval"] = "Ah",
        ["Tmp"] = "°C",
        ["Ris"] = "Ω",
        ["SoC"] = "%",
        ["SoH"] = "%",
        ["DoD"] = "%",
        ["DisChaRte"] = "%",
        ["ChaState"] = "%",
        ["MinRsvPct"] = "%",
        ["InOutWRte"] = "%",
        ["WMaxLimPct"] = "%",
        ["VArPct"] = "%",
    };

    /// <summary>Reads a device's models and their points.</summary>
    /// <param name="client">The way to the device.</param>
    /// <param name="unit">Which it is.</param>
    /// <param name="cancellationToken">Ends the survey.</param>
    /// <returns>The models in their order; null if the device has no SunSpec map.</returns>
    /// <exception cref="Gateway.Modbus.ModbusTransportException">The line is broken or cannot be opened.</exception>
    public static async Task<IReadOnlyList<SunSpecSurveyModel>?> ReadAsync(ModbusClient client, ModbusUnit unit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (await FindAsync(client, unit, cancellationToken) is not { } chain)
        {
            return null;
        }

        var models = new List<SunSpecSurveyModel>();
        foreach (var instance in chain.Models)
        {
            if (!SunSpecModels.All.TryGetValue(instance.Id, out var model))
            {
                models.Add(new SunSpecSurveyModel(instance.Id, null, instance.Address, instance.Length, []));
                continue;
            }

            // Maps find the first of several.
            var isFirst = models.TrueForAll(other => other.Name != model.Name);
            var points = isFirst ? await ReadPointsAsync(client, unit, instance, model, cancellationToken) : [];
            models.Add(new SunSpecSurveyModel(instance.Id, model.Name, instance.Address, instance.Length, points));
        }

        return models;
    }

    /// <summary>Where a device's models are; null if it has no SunSpec map.</summary>
    internal static async Task<SunSpecChain?> FindAsync(ModbusClient client, ModbusUnit unit, CancellationToken cancellationToken)
    {
        var registers = new ushort[2];
        async ValueTask<RegisterPair> ReadPairAsync(int address, CancellationToken token)
        {
            var result = await client.ReadRegistersAsync(unit, ModbusTable.HoldingRegisters, (ushort)address, registers, token);
            return new RegisterPair(new ModbusAnswer(result, null), registers[0], registers[1]);
        }

        return (await SunSpecWalk.FindAsync(ReadPairAsync, SunSpecChain.BaseAddresses[0], cancellationToken)).Chain;
    }

    private static async Task<IReadOnlyList<SunSpecSurveyPoint>> ReadPointsAsync(
        ModbusClient client, ModbusUnit unit, SunSpecInstance instance, SunSpecModel model, CancellationToken cancellationToken)
    {
        var chain = new SunSpecChain([instance]);
        var candidates = ReferencesOf(instance, model)
            .Select(reference => (Reference: reference, Place: chain.Locate(Nobody, SunSpecReference.Parse(reference, out _)!, ModbusLimits.MaxReadRegisters)))
            .Where(candidate => candidate.Place is not null)
            .ToList();
        var registers = new Dictionary<int, ushort>();
        var ranges = candidates.Select(candidate => candidate.Place!.Place)
            .Concat(candidates.Where(candidate => candidate.Place!.ScaleRegister is not null).Select(candidate => candidate.Place!.Place with { Address = (ushort)candidate.Place!.ScaleRegister!, Count = 1 }));
        foreach (var range in ReadPlan.Create([.. ranges], new ReadLimits { MaxRegisters = ModbusLimits.MaxReadRegisters, MaxGap = 4 }).Requests)
        {
            var block = new ushort[range.Count];
            if ((await client.ReadRegistersAsync(unit, range.Table, range.Address, block, cancellationToken)).IsSuccess)
            {
                for (var i = 0; i < block.Length; i++)
                {
                    registers[range.Address + i] = block[i];
                }
            }
        }

        return
        [
            .. from candidate in candidates
               let value = Decode(candidate.Place!, registers)
               where value is not null
               select new SunSpecSurveyPoint(candidate.Reference, UnitOf(model, candidate.Reference), value),
        ];
    }

    private static IEnumerable<string> ReferencesOf(SunSpecInstance instance, SunSpecModel model)
    {
        foreach (var point in model.Points.Keys.Where(IsValue))
        {
            yield return $"{model.Name}.{point}";
        }

        var repetitions = model.RepeatedLength == 0 ? 0 : Math.Min(99, (instance.Length - model.Length) / model.RepeatedLength);
        for (var i = 1; i <= repetitions; i++)
        {
            foreach (var point in model.Repeated.Keys.Where(IsValue))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{model.Name}.{model.Group}.{i}.{point}");
            }
        }
    }

    private static bool IsValue(string point) => point != Padding && !point.EndsWith(ScaleFactorSuffix, StringComparison.Ordinal);

    // What the point shows; null if the device has not implemented it, or refuses it.
    private static string? Decode(ModbusPoint point, Dictionary<int, ushort> registers)
    {
        var power = 0;
        if (point.ScaleRegister is { } scale && !(registers.TryGetValue(scale, out var register) && ModbusValue.TryGetPower(point, register, out power)))
        {
            return null;
        }

        var words = new ushort[point.Place.Count];
        for (var i = 0; i < words.Length; i++)
        {
            if (!registers.TryGetValue(point.Place.Address + i, out words[i]))
            {
                return null;
            }
        }

        var reading = ModbusValue.Decode(point with { Range = point.Place, ScaleRegister = null, Guard = null, Power = power }, words);
        return reading.Reason is null && reading.Value.ToString() is { Length: > 0 } text ? text : null;
    }

    // Layouts with numbers in floating point have the same names and no scale factors.
    private static string? UnitOf(SunSpecModel model, string reference)
    {
        var name = reference[(reference.LastIndexOf('.') + 1)..];
        var factor = SunSpecModels.All.Values
            .Where(other => other.Name == model.Name)
            .Select(other => (other.Points.GetValueOrDefault(name) ?? other.Repeated.GetValueOrDefault(name))?.ScaleFactor)
            .FirstOrDefault(factor => factor is not null);
        return factor is null ? null : Units.GetValueOrDefault(factor[..^ScaleFactorSuffix.Length]);
    }

    private static readonly PointDefinition Nobody = new()
    {
        DeviceName = "",
        Name = "",
        Every = TimeSpan.FromSeconds(1),
        Settings = new Settings(new Dictionary<string, object>(), new Dictionary<string, SourceLocation>(), default),
    };
}
