using System.Globalization;
using System.Net;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.Modbus;
using Gateway.Linux.Serial;
using Gateway.Runtime;
using Gateway.Web.Scans;

namespace Gateway.Hosting;

/// <summary>
/// Lets scans through to lines that the service polls: their requests take turns with the polls, as those of other Modbus masters do, and nothing is
/// written. Thread-safe.
/// </summary>
/// <param name="drivers">The drivers of the buses.</param>
/// <param name="buses">The buses that run.</param>
/// <param name="runtime">The data path; null while there is none.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="loggerFactory">Takes what goes wrong.</param>
internal sealed class SharedLines(
    IReadOnlyList<IDriver> drivers,
    Func<IReadOnlyList<BusDefinition>> buses,
    Func<GatewayRuntime?> runtime,
    TimeProvider timeProvider,
    ILoggerFactory loggerFactory) : ISharedLines
{
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestBusy = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public SharedLine? Open(ModbusTarget line, out string? refusal)
    {
        refusal = null;
        var wanted = line.Port is { } path ? PathOf(path) : string.Create(CultureInfo.InvariantCulture, $"{line.Host.ToLowerInvariant()}:{line.TcpPort}");
        var bus = buses().FirstOrDefault(bus => DriverOf(bus)?.PortOf(bus.Settings) is { } port && (port == wanted || (line.Port is not null && PathOf(port) == wanted)));
        if (runtime() is null || bus is null)
        {
            return null;
        }

        if (bus.DriverName != "modbus")
        {
            refusal = $"the service has {wanted} open for {bus.Devices[0].Name}: take it out of its map to scan there";
            return null;
        }

        // On this machine, and for as long as the scan lasts.
        var place = new ServingPlace { Transport = "tcp", Listen = new IPEndPoint(IPAddress.Loopback, 0) };
        var proxy = ModbusServing.StartProxy(
            (unit, request, answer, cancellationToken) => RelayAsync(bus.Devices[0].Name, unit, request, answer, cancellationToken),
            isReadOnly: true, place, timeProvider, loggerFactory.CreateLogger<SharedLines>());
        return new SharedLine(WithSettingsOf(bus.Settings, line) with { Through = IPEndPoint.Parse(proxy.Name) }, proxy);
    }

    // Whatever was asked for, the line has the settings that it is polled with.
    private static ModbusTarget WithSettingsOf(Settings bus, ModbusTarget line) => line.Port is null ? line : line with
    {
        BaudRate = (int)bus.Get<long>("baud"),
        Parity = Enum.Parse<SerialParity>(bus.Get<string>("parity"), ignoreCase: true),
        StopBits = (int)bus.Get<long>("stop-bits"),
    };

    // A port has many names, of which all but one are links.
    private static string PathOf(string port) => File.Exists(port) ? File.ResolveLinkTarget(port, returnFinalTarget: true)?.FullName ?? port : port;

    // A scanner takes "busy" for the answer of a device.
    private async ValueTask<RelayOutcome> RelayAsync(string device, byte unit, ReadOnlyMemory<byte> request, Memory<byte> answer, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        while (true)
        {
            var outcome = runtime() is { } path ? await path.RelayAsync(device, unit, request, answer, cancellationToken) : new RelayOutcome(RelayStatus.BusFailed);
            if (outcome.Status != RelayStatus.Busy)
            {
                return outcome;
            }

            if (timeProvider.GetElapsedTime(began) > LongestBusy)
            {
                return new RelayOutcome(RelayStatus.NoAnswer);
            }

            await Task.Delay(BusyPause, timeProvider, cancellationToken);
        }
    }

    private IDriver? DriverOf(BusDefinition bus) => drivers.FirstOrDefault(driver => driver.Schema.Name == bus.DriverName);
}
