using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// How busy a bus will be: the requests of each rate, and what one takes. On a serial line that is the frames at the
/// line's speed, the silences between them and 10 ms for the device to think; over TCP 10 ms for the round trip.
/// </summary>
internal static class ModbusLoad
{
    private const int RequestFrameBytes = 8;
    private const int ResponseFrameOverheadBytes = 5;
    private static readonly TimeSpan DeviceDelay = TimeSpan.FromMilliseconds(10);

    public static BusLoad Estimate(BusDefinition bus)
    {
        var timing = ModbusConnector.TimingOf(bus.Settings);
        var pause = bus.Settings.Get<TimeSpan>("pause");
        var rates = bus.Devices
            .Select(definition => new ModbusDevice(definition))
            .SelectMany(device => device.Points
                .GroupBy(point => point.Definition.Every)
                .SelectMany(points => device.Plan([.. points]).Requests, (points, request) => (Every: points.Key, Time: TimeOf(request, timing) + pause)))
            .GroupBy(request => request.Every)
            .OrderBy(rate => rate.Key)
            .Select(rate => (Every: rate.Key, Count: rate.Count(), Time: rate.Aggregate(TimeSpan.Zero, (sum, request) => sum + request.Time)))
            .ToList();
        return new BusLoad(
            rates.Sum(rate => rate.Time / rate.Every),
            string.Join(", ", rates.Select(rate => $"{Requests(rate.Count)} of together {Text(rate.Time)} every {Text(rate.Every)}")));
    }

    private static TimeSpan TimeOf(ReadRange request, RtuTiming? timing)
    {
        if (timing is null)
        {
            return DeviceDelay;
        }

        var dataBytes = request.Table.HoldsBits() ? (request.Count + 7) / 8 : 2 * request.Count;
        return timing.TransmissionTime(RequestFrameBytes + ResponseFrameOverheadBytes + dataBytes) + (2 * timing.InterFrameDelay) + DeviceDelay;
    }

    private static string Requests(int count) => count == 1 ? "1 request" : $"{count} requests";

    private static string Text(TimeSpan time) => time.TotalSeconds >= 1
        ? time.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture) + " s"
        : time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + " ms";
}
