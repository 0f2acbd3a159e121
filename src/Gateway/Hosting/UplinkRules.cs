using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>What maps say of the uplink, beside whether there is one.</summary>
internal static class UplinkRules
{
    private const string OnLoss = "on-uplink-loss";

    /// <summary>Reports what waits for the loss of an uplink that nobody asked for.</summary>
    public static IEnumerable<Diagnostic> Check(GatewayOptions options, IReadOnlyList<BusDefinition> buses) => options.Uplinks.Count > 0
        ? []
        : from bus in buses
          from device in bus.Devices
          from point in device.Points
          where point.Settings.IsWritten(OnLoss) && point.Settings.Get<string>(OnLoss) != "keep"
          select Diagnostic.Warning(point.Settings.Locate(OnLoss), $"{point} waits for the loss of the uplink, and there is none; give the configuration an 'uplink', or remove '{OnLoss}'");
}
