using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Drivers.Chips;

/// <summary>
/// What reading the chips of a bus costs: each is read once from hardware that answers zeros and takes the time of each transfer. What a
/// chip waits for its conversion is not the bus's.
/// </summary>
internal static class ChipLoad
{
    /// <summary>What the gateway lends to chips that are only reckoned with.</summary>
    public static readonly DriverContext Context = new(TimeProvider.System, NullLogger.Instance);

    /// <param name="bus">A valid definition.</param>
    /// <param name="create">A chip of it.</param>
    /// <param name="port">The way to one, over such hardware.</param>
    /// <param name="hardware">What has taken the time.</param>
    /// <param name="speed">How fast the bus is thought to be, for people.</param>
    public static BusLoad Estimate<TPort>(
        BusDefinition bus, Func<DeviceDefinition, ChipDevice<TPort>> create, Func<DeviceDefinition, TPort> port, ITimedHardware hardware, string speed)
    {
        var (share, reads, transfers) = (0.0, 0.0, 0.0);
        foreach (var device in bus.Devices)
        {
            var chip = create(device);
            foreach (var group in device.Points.GroupBy(point => point.Every))
            {
                var (before, count) = (hardware.Busy, hardware.Transfers);
                Read(chip, port(device), [.. group.Select(chip.FieldOf).Distinct().Order()]);
                share += (hardware.Busy - before) / group.Key;
                reads += 1 / group.Key.TotalSeconds;
                transfers += (hardware.Transfers - count) / group.Key.TotalSeconds;
            }
        }

        var each = reads > 0 ? 1000 * share / reads : 0;
        return new BusLoad(share, string.Create(
            CultureInfo.InvariantCulture, $"{reads:0.###} reads a second with {transfers:0.###} transfers, {each:0.##} ms each, at {speed}"));
    }

    private static void Read<TPort>(ChipDevice<TPort> device, TPort port, int[] fields)
    {
        try
        {
            foreach (var wait in device.Chip.Measure(port, fields, device.Values))
            {
                _ = wait;
            }
        }
        catch (BusException)
        {
            // Zeros are no measurement to it: by then it has been read.
        }
    }
}

/// <summary>Hardware that only takes its time.</summary>
internal interface ITimedHardware
{
    /// <summary>How long it was busy.</summary>
    TimeSpan Busy { get; }

    /// <summary>How often.</summary>
    long Transfers { get; }
}
