using Gateway.Abstractions.Definitions;

namespace Gateway.Commands.Doctor;

/// <summary>The PEM files that a <c>modbus: tls</c> bus of a map names.</summary>
/// <param name="Authority">Of the authorities that it trusts.</param>
/// <param name="Certificate">Of the certificate that the gateway shows.</param>
/// <param name="Key">Of its key.</param>
internal sealed record ModbusTlsFiles(string? Authority, string? Certificate, string? Key)
{
    /// <summary>Those of all such buses.</summary>
    public static IEnumerable<ModbusTlsFiles> Of(IEnumerable<BusDefinition> buses) => buses
        .Where(bus => bus.DriverName == "modbus" && bus.Settings.TryGet<string>("modbus", out var transport) && transport == "tls")
        .Select(bus => new ModbusTlsFiles(Find(bus, "ca"), Find(bus, "certificate"), Find(bus, "key")));

    private static string? Find(BusDefinition bus, string key) => bus.Settings.TryGet<string>(key, out var path) ? path : null;
}
