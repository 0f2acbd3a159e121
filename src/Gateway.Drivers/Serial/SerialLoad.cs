using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Framing;

namespace Gateway.Drivers.Serial;

/// <summary>
/// How busy a line will be with requests and their answers: the characters at the line's speed and 10 ms for the device to think. An answer
/// whose length is not fixed is taken for 32 bytes. Devices that speak by themselves come when they come, and are not reckoned.
/// </summary>
internal static class SerialLoad
{
    private const int UsualAnswerBytes = 32;
    private static readonly TimeSpan DeviceDelay = TimeSpan.FromMilliseconds(10);

    /// <summary>The load; null if nothing is asked for.</summary>
    /// <param name="bus">A valid definition.</param>
    public static BusLoad? Estimate(BusDefinition bus)
    {
        var settings = bus.Settings;
        var timing = new RtuTiming(
            (int)settings.Get<long>("baud"), (int)settings.Get<long>("data-bits"), settings.Get<string>("parity") != "none", (int)settings.Get<long>("stop-bits"));
        var pause = settings.Get<TimeSpan>("pause");
        var diagnostics = new List<Diagnostic>();
        var rates = bus.Devices
            .Select(device => SerialDeviceParser.Parse(device, diagnostics))
            .OfType<SerialDevice>()
            .SelectMany(device => device.Requests
                .GroupBy(request => (request.Key.Every, Bytes: Convert.ToHexString(request.Value)))
                .Select(request => (request.Key.Every, Time: timing.TransmissionTime((request.Key.Bytes.Length / 2) + (device.Layout.Length ?? UsualAnswerBytes)) + DeviceDelay + pause)))
            .GroupBy(request => request.Every)
            .OrderBy(rate => rate.Key)
            .Select(rate => (Every: rate.Key, Count: rate.Count(), Time: rate.Aggregate(TimeSpan.Zero, (sum, request) => sum + request.Time)))
            .ToList();
        return rates.Count == 0 ? null : new BusLoad(
            rates.Sum(rate => rate.Time / rate.Every),
            string.Join(", ", rates.Select(rate => $"{(rate.Count == 1 ? "1 request" : $"{rate.Count} requests")} of together {Text(rate.Time)} every {Text(rate.Every)}"))
                + $"; each is its characters at {timing.BaudRate} baud, {UsualAnswerBytes} for an answer whose length is not fixed, and {Text(DeviceDelay)} for the device"
                + (pause > TimeSpan.Zero ? $", and a pause of {Text(pause)}" : ""));
    }

    private static string Text(TimeSpan time) => time.TotalSeconds >= 1
        ? time.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture) + " s"
        : time.TotalMilliseconds.ToString("0.#", CultureInfo.InvariantCulture) + " ms";
}
