using System.Text;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// Tells by a device's answers which profile of the library fits: its registers can be read, and what they say is plausible for
/// the units and limits of the profile's points.
/// </summary>
public sealed class ModbusProfiles
{
    private const string MapPath = "scan.yaml";
    private const int MaxRequests = 8;
    private const double LargestNumber = 1e9;

    /// <summary>A device that is silent for what it lacks would hold up each profile for a timeout: after so many a table is one that it lacks.</summary>
    private const int MaxSilences = 3;

    /// <summary>What values of a unit are between, where they are not 0.</summary>
    private static readonly Dictionary<string, (decimal Low, decimal High)> Usual = new()
    {
        ["V"] = (1, 1500),
        ["Hz"] = (40, 70),
        ["A"] = (-5000, 5000),
        ["W"] = (-10_000_000, 10_000_000),
        ["kW"] = (-10_000, 10_000),
        ["kWh"] = (-100_000_000, 100_000_000),
        ["°C"] = (-60, 250),
        ["%"] = (-100, 200),
        ["%RH"] = (0.1m, 100),
        ["hPa"] = (300, 1200),
    };

    private readonly IReadOnlyList<ModbusDevice> _candidates;

    private ModbusProfiles(IReadOnlyList<ModbusDevice> candidates) => _candidates = candidates;

    /// <summary>Reads the profiles of a library; those that are not valid, and those of other drivers, are left out.</summary>
    /// <param name="files">Where the library is kept.</param>
    /// <param name="library">The library.</param>
    public static ModbusProfiles Load(ISourceFiles files, ProfileLibrary library)
    {
        ArgumentNullException.ThrowIfNull(library);
        var candidates = new List<ModbusDevice>();
        foreach (var name in library.List())
        {
            var map = $"bus: {{ modbus: tcp, host: 127.0.0.1 }}\ndevices: [{{ name: candidate, profile: {name} }}]\n";
            var loaded = new MapLoader([new ModbusDriver()], new OneMap(files, map)).Load([MapPath], library);
            candidates.AddRange(loaded.Buses.SelectMany(bus => bus.Devices).Select(definition => new ModbusDevice(definition)));
        }

        return new ModbusProfiles(candidates);
    }

    /// <summary>The profile that fits a device best.</summary>
    /// <param name="client">The way to the device.</param>
    /// <param name="unit">Which it is.</param>
    /// <param name="known">A table that it has.</param>
    /// <param name="identification">What it says of itself, for a profile whose maker it names; null: nothing.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The profile's name; null if none fits.</returns>
    public async Task<string?> MatchAsync(ModbusClient client, ModbusUnit unit, ModbusTable known, string? identification, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        var (best, bestScore) = ((string?)null, 0.0);
        var silences = new Dictionary<ModbusTable, int> { [known] = int.MinValue };
        var chain = await SunSpecSurvey.FindAsync(client, unit, cancellationToken);
        foreach (var candidate in _candidates)
        {
            var score = await RateAsync(candidate, chain, client, unit, silences, cancellationToken);
            var maker = candidate.Definition.Profile!.Split('/')[0].Split('-')[0];
            if (score > 0 && identification?.Contains(maker, StringComparison.OrdinalIgnoreCase) == true)
            {
                score *= 2;
            }

            (best, bestScore) = score > bestScore ? (candidate.Definition.Profile, score) : (best, bestScore);
        }

        return best;
    }

    /// <summary>How well a device's answers suit a profile: the points that speak for it less those that speak against it; 0 if it is another device's.</summary>
    private static async Task<double> RateAsync(
        ModbusDevice candidate, SunSpecChain? chain, ModbusClient client, ModbusUnit unit, Dictionary<ModbusTable, int> silences, CancellationToken cancellationToken)
    {
        var points = PointsIn(candidate, chain);
        var plan = candidate.Plan(points);
        var requests = plan.Requests.Take(MaxRequests).ToList();
        var (evidence, contradictions, missing, asked) = (0, 0, 0, 0);
        for (var i = 0; i < requests.Count; i++)
        {
            var within = points.Where((_, index) => plan.Locations[index].Request == i).ToList();
            asked += within.Count;
            var range = requests[i];
            if (silences.GetValueOrDefault(range.Table) >= MaxSilences)
            {
                return 0;
            }

            var (registers, bits) = (new ushort[range.Table.HoldsBits() ? 0 : range.Count], new bool[range.Table.HoldsBits() ? range.Count : 0]);
            var result = range.Table.HoldsBits()
                ? await client.ReadBitsAsync(unit, range.Table, range.Address, bits, cancellationToken)
                : await client.ReadRegistersAsync(unit, range.Table, range.Address, registers, cancellationToken);
            silences[range.Table] = result.Status == ModbusStatus.Timeout ? silences.GetValueOrDefault(range.Table) + 1 : int.MinValue;
            if (!result.IsSuccess)
            {
                missing += within.Count;
                if (missing * 4 > points.Count || result.Status != ModbusStatus.Exception)
                {
                    return 0;
                }

                continue;
            }

            foreach (var point in within)
            {
                var at = point.Range.Address - range.Address;
                var reading = range.Table.HoldsBits()
                    ? ModbusValue.Decode(point, bits.AsSpan(at, point.Range.Count))
                    : ModbusValue.Decode(point, registers.AsSpan(at, point.Range.Count));
                var judgement = reading.Reason is null ? Judge(point.Definition, reading.Value) : 0;
                evidence += judgement > 0 ? 1 : 0;
                contradictions += judgement < 0 ? 1 : 0;
            }
        }

        return contradictions * 10 > asked || evidence == 0 ? 0 : evidence - (2 * contradictions) - missing;
    }

    // A SunSpec profile's points stand where the device's models are; those of models that it lacks speak neither for nor against it.
    private static List<ModbusPoint> PointsIn(ModbusDevice candidate, SunSpecChain? chain) => candidate.Nominal is null
        ? [.. candidate.Points]
        : [.. candidate.Definition.Points.Select(point => chain is null ? null : candidate.Locate(point, chain)).OfType<ModbusPoint>().Where(point => point.Apart.Count == 0)];

    /// <summary>Whether a value speaks for (1) or against (-1) the point that it was read as; 0: neither.</summary>
    internal static int Judge(PointDefinition point, Abstractions.PointValue raw)
    {
        if (!raw.TryGetNumber(out var number))
        {
            return raw.Kind is Abstractions.PointValueKind.Single or Abstractions.PointValueKind.Double ? -1 : 0;
        }

        if (point.Enumeration is { } texts)
        {
            return texts.ContainsKey((long)number) ? 0 : -1;
        }

        if (number == 0)
        {
            return 0;
        }

        if (raw.Kind is Abstractions.PointValueKind.Single or Abstractions.PointValueKind.Double && Math.Abs((double)number) is > LargestNumber or < 1e-6)
        {
            return -1;
        }

        var value = (number * point.Scale) + point.Offset;
        if (value < point.Minimum || value > point.Maximum)
        {
            return -1;
        }

        return point.Unit is { } unit && Usual.TryGetValue(unit, out var usual) ? value >= usual.Low && value <= usual.High ? 1 : -1 : 0;
    }

    /// <summary>The files of a library, and one map beside them that is on no disk.</summary>
    private sealed class OneMap(ISourceFiles files, string text) : ISourceFiles
    {
        public bool IsFile(string path) => path == MapPath || files.IsFile(path);

        public bool IsFolder(string path) => files.IsFolder(path);

        public IReadOnlyList<string> ListFiles(string folder) => files.ListFiles(folder);

        public IReadOnlyList<string> ListFolders(string folder) => files.ListFolders(folder);

        public Stream OpenRead(string path) => path == MapPath ? new MemoryStream(Encoding.UTF8.GetBytes(text)) : files.OpenRead(path);
    }
}
