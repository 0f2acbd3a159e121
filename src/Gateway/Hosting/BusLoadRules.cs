using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Web;

namespace Gateway.Hosting;

/// <summary>How full a bus may be: above all of it is impossible, above most of it leaves too little for retries and writes.</summary>
internal static class BusLoadRules
{
    private const double Full = 1;
    private const double Tight = 0.7;

    /// <summary>What to say of a load; null: nothing.</summary>
    public static Diagnostic? Judge(BusDefinition bus, BusLoad load)
    {
        var found = $"polling this bus as asked takes {StatusText.Percent(load.Utilisation)} of its time ({load.Arithmetic})";
        return load.Utilisation switch
        {
            > Full => Diagnostic.Error(bus.Location, $"{found}; poll less often, or raise the baud rate"),
            > Tight => Diagnostic.Warning(bus.Location, $"{found}, which leaves little for retries and writes"),
            _ => null,
        };
    }
}
