using System.Globalization;
using Gateway.Linux.Sysfs;

namespace Gateway.Drivers.Sysfs.Machine;

/// <summary>How busy the processor was since it was asked last. proc(5), <c>/proc/stat</c>.</summary>
internal sealed class ProcessorUsage
{
    // user nice system idle iowait irq softirq steal; what follows is in user and nice already.
    private const int Counters = 8;
    private const int Idle = 3;
    private const int IoWait = 4;

    private (decimal Total, decimal Idle) _before;
    private decimal _share;

    /// <summary>The share of time of all processors together, percent; what it was before if no time has passed. Null: the kernel does not tell.</summary>
    public decimal? Read(ISysfs proc)
    {
        var words = proc.Read("stat").Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length <= Counters || words[0] != "cpu")
        {
            return null;
        }

        var ticks = words.Skip(1).Take(Counters).Select(word => decimal.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        var now = (Total: ticks.Sum(), Idle: ticks[Idle] + ticks[IoWait]);
        var (total, idle) = (now.Total - _before.Total, now.Idle - _before.Idle);
        _before = now;
        if (total > 0)
        {
            _share = decimal.Round(100 * decimal.Clamp(1 - (idle / total), 0, 1), 2);
        }

        return _share;
    }
}
