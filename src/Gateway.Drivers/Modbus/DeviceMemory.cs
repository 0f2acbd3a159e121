using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// What a bus has learnt of one device, for all of its readers: whether it is silent, and which ranges it refuses. A range
/// that it refuses is in no request again, since one that holds it would be refused too, until <see cref="Lifetime"/> is over.
/// </summary>
/// <remarks>
/// A point that was refused alone is asked for again after 1 s, then after pauses that double; when it is answered, the
/// device has changed, and everything is forgotten.
/// </remarks>
internal sealed class DeviceMemory(ModbusDevice device, BusDefinition bus, DriverContext context)
{
    /// <summary>How long refusals are remembered: a device that was being configured, or restarted, gets its long requests back.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Enough for every point of a large device to be refused alone, with all the ranges tried on the way there.</summary>
    private const int MaxRefusals = 4096;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ReadRange, Refusal> _refusals = [];
    private long _since;

    public ModbusDevice Device => device;

    /// <summary>Whether the last read had no answer at all.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Changes whenever <see cref="Refused"/> does.</summary>
    public int Version { get; private set; }

    /// <summary>The ranges that no request may hold.</summary>
    public IReadOnlyCollection<ReadRange> Refused => _refusals.Keys;

    /// <summary>Forgets refusals that are old.</summary>
    public void Refresh()
    {
        if (_refusals.Count > 0 && context.TimeProvider.GetElapsedTime(_since) >= Lifetime)
        {
            Forget();
        }
    }

    /// <summary>Notes that the device refuses a range.</summary>
    /// <param name="range">What was asked for.</param>
    /// <param name="isSmallest">Whether it is as small as a request for its points can be.</param>
    /// <param name="reason">How the device refuses it.</param>
    public void Refuse(ReadRange range, bool isSmallest, string reason)
    {
        var now = context.TimeProvider.GetTimestamp();
        if (_refusals.TryGetValue(range, out var known))
        {
            _refusals[range] = new Refusal(reason, now, 2 * known.Wait < Lifetime ? 2 * known.Wait : Lifetime);
            return;
        }

        if (_refusals.Count == MaxRefusals)
        {
            _refusals.Clear();
        }

        if (_refusals.Count == 0)
        {
            _since = now;
        }

        _refusals[range] = new Refusal(reason, now, FirstWait);
        Version++;
        if (isSmallest)
        {
            Log.RangeRefused(context.Logger, device.ToString(), bus.Name, Describe(range), reason);
        }
    }

    /// <summary>Notes that the device answers a range; if it refused just that one before, nothing that it refused holds any more.</summary>
    public void Answered(ReadRange range)
    {
        if (_refusals.ContainsKey(range))
        {
            Forget();
        }
    }

    /// <summary>Whether the device refused just this range, and it is too early to ask for it again.</summary>
    /// <param name="range">A range of <see cref="Refused"/>, or any other.</param>
    /// <param name="reason">How it refused.</param>
    public bool IsRefused(ReadRange range, out string reason)
    {
        var isRefused = _refusals.TryGetValue(range, out var refusal);
        reason = refusal.Reason;
        return isRefused && context.TimeProvider.GetElapsedTime(refusal.At) < refusal.Wait;
    }

    private void Forget()
    {
        _refusals.Clear();
        Version++;
    }

    private static string Describe(ReadRange range)
    {
        var table = ModbusPointParser.NameOf(range.Table);
        return range.Count == 1 ? $"{table}, {range.Address}" : $"{table} and those behind it, {range.Address} to {range.End - 1}";
    }

    private readonly record struct Refusal(string Reason, long At, TimeSpan Wait);
}
