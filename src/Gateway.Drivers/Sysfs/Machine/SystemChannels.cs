using Gateway.Abstractions;

namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>What a machine can tell of itself, by what <c>channel</c> says.</summary>
internal static class SystemChannels
{
    /// <summary>The one that is of the time since it was asked last.</summary>
    public const string Usage = "cpu-usage";

    private const decimal Mega = 1_000_000;

    /// <summary>How each is read; null: the machine has no such thing.</summary>
    public static IReadOnlyDictionary<string, Func<SystemState, PointValue?>> All { get; } = new Dictionary<string, Func<SystemState, PointValue?>>
    {
        ["cpu-temperature"] = state => Value(ProcessorState.Temperature(state.Port.Sys)),
        [Usage] = state => Value(state.Usage.Read(state.Port.Proc)),
        ["cpu-frequency"] = state => Value(ProcessorState.Megahertz(state.Port.Sys)),
        ["throttled"] = state => ProcessorState.Throttled(state.Port.Sys) is { } bits ? PointValue.From(bits) : null,
        ["load-1"] = state => Value(ProcFiles.Load(state.Port.Proc, 0)),
        ["load-5"] = state => Value(ProcFiles.Load(state.Port.Proc, 1)),
        ["load-15"] = state => Value(ProcFiles.Load(state.Port.Proc, 2)),
        ["memory-used"] = state => Value(ProcFiles.UsedShare(state.Port.Proc, "MemTotal", "MemAvailable")),
        ["memory-available"] = state => Value(ProcFiles.MemoryBytes(state.Port.Proc, "MemAvailable") / Mega),
        ["swap-used"] = state => Value(ProcFiles.UsedShare(state.Port.Proc, "SwapTotal", "SwapFree")),
        ["disk-used"] = state => Value(FileSystemSpace.UsedShare(state.Folder)),
        ["disk-free"] = state => Value(FileSystemSpace.FreeBytes(state.Folder) / Mega),
        ["disk-written"] = state => Value(StorageState.WrittenBytes(state.Port.Sys) / Mega),
        ["storage-wear"] = state => Value(StorageState.Wear(state.Port.Sys)),
        ["storage-state"] = state => StorageState.EndOfLife(state.Port.Sys) is { } text ? PointValue.From(text) : null,
        ["network-link"] = state => state.Network.IsUp(state.Port) is { } isUp ? PointValue.From(isUp) : null,
        ["network-received"] = state => Value(state.Network.Count(state.Port, "rx_bytes") / Mega),
        ["network-sent"] = state => Value(state.Network.Count(state.Port, "tx_bytes") / Mega),
        ["network-errors"] = state => Value(state.Network.Count(state.Port, "rx_errors") + state.Network.Count(state.Port, "tx_errors")),
        ["uptime"] = state => Value(ProcFiles.UptimeSeconds(state.Port.Proc)),
    };

    private static PointValue? Value(decimal? number) => number is { } value ? PointValue.From(value) : null;
}

/// <summary>What the channels of one device are read from.</summary>
/// <param name="Port">Where the kernel shows what it knows.</param>
/// <param name="Folder">A folder on the file system that is told of.</param>
/// <param name="Network">The network interface that is told of.</param>
/// <param name="Usage">How busy the processor was when it was asked last.</param>
internal sealed record SystemState(SysfsPort Port, string Folder, NetworkState Network, ProcessorUsage Usage);
