using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// How busy a bus will be: the requests of each rate, and what one takes. On a serial line that is the frames at the
/// line's speed, the silences between them and 10 ms for the device to think; over TCP a round trip of 2 ms.
/// </summary>
internal static class ModbusLoad
{
    private const int RequestFrameBytes = 8;
    private const int ResponseFrameOverheadBytes = 5;
    private static readonly TimeSpan SerialDeviceDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(2);

    public static BusLoad Estimate(BusDefinition bus)
    {
        var line = Line.Of(bus);
        var pause = bus.Settings.Get<TimeSpan>("pause");
        var rates = bus.Devices
            .SelectMany(Groups)
            .SelectMany(group => group.Requests, (group, request) => (group.Every, Time: TimeOf(request, line) + pause))
            .GroupBy(request => request.Every)
            .OrderBy(rate => rate.Key)
            .Select(rate => (Every: rate.Key, Count: rate.Count(), Time: rate.Aggregate(TimeSpan.Zero, (sum, request) => sum + request.Time)))
            .ToList();
        var each = line switch
        {
            null => $"each is a round trip of {Text(RoundTrip)}",
            { IsAscii: true } => $"each is its characters at {line.Timing.BaudRate} baud and {Text(SerialDeviceDelay)} for the device",
            _ => $"each is its characters at {line.Timing.BaudRate} baud, two silences of {Text(line.Timing.InterFrameDelay)} and {Text(SerialDeviceDelay)} for the device",
        };
        return new BusLoad(
            rates.Sum(rate => rate.Time / rate.Every),
            string.Join(", ", rates.Select(rate => $"{Requests(rate.Count)} of together {Text(rate.Time)} every {Text(rate.Every)}"))
                + $"; {each}{(pause > TimeSpan.Zero ? $", and a pause of {Text(pause)}" : "")}");
    }

    /// <summary>Refuses rates that a serial line cannot keep even if the device answers at once and nothing else is on the bus.</summary>
    public static void RefuseImpossibleRates(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        if (Line.Of(bus) is not { } line)
        {
            return;
        }

        foreach (var device in bus.Devices)
        {
            foreach (var (every, requests) in Groups(device))
            {
                var time = requests.Aggregate(TimeSpan.Zero, (sum, request) => sum + OnLine(request, line));
                if (time > every)
                {
                    var point = device.Points.First(point => point.Every == every);
                    var settings = point.Settings.IsWritten("every") ? point.Settings : device.Settings;
                    diagnostics.Add(Diagnostic.Error(
                        settings.Locate("every"),
                        $"{device.Name} cannot be read every {Text(every)}: {Requests(requests.Count)} and their answers are {Text(time)} on the line at {line.Timing.BaudRate} baud"));
                }
            }
        }
    }

    private static IEnumerable<(TimeSpan Every, IReadOnlyList<ReadRange> Requests)> Groups(DeviceDefinition definition)
    {
        var device = new ModbusDevice(definition);
        return device.Points
            .GroupBy(point => point.Definition.Every)
            .Select(points => (points.Key, device.PlanAll([.. points]).Requests));
    }

    private static TimeSpan TimeOf(ReadRange request, Line? line) =>
        line is null ? RoundTrip : OnLine(request, line) + SerialDeviceDelay;

    private static TimeSpan OnLine(ReadRange request, Line line)
    {
        var dataBytes = request.Table.HoldsBits() ? (request.Count + 7) / 8 : 2 * request.Count;
        var rtuBytes = RequestFrameBytes + ResponseFrameOverheadBytes + dataBytes;
        // A frame of n bytes in RTU is a colon, two digits for each byte but one of its checksum, CR and LF in ASCII: 2n + 1.
        return line.IsAscii
            ? line.Timing.TransmissionTime((2 * rtuBytes) + 2)
            : line.Timing.TransmissionTime(rtuBytes) + (2 * line.Timing.InterFrameDelay);
    }

    private static string Requests(int count) => count == 1 ? "1 request" : $"{count} requests";

    private static string Text(TimeSpan time) => time.TotalSeconds >= 1
        ? time.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture) + " s"
        : time.TotalMilliseconds.ToString("0.#", CultureInfo.InvariantCulture) + " ms";

    private sealed record Line(RtuTiming Timing, bool IsAscii)
    {
        /// <summary>The serial line of a bus; null if it has none.</summary>
        public static Line? Of(BusDefinition bus) => ModbusConnector.TimingOf(bus.Settings) is { } timing
            ? new Line(timing, ModbusTransport.Of(bus.Settings) == ModbusTransport.Ascii)
            : null;
    }
}
