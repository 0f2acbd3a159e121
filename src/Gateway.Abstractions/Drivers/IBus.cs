using Gateway.Abstractions.Definitions;

namespace Gateway.Abstractions.Drivers;

/// <summary>
/// One bus in operation. It has one owner, which makes one call at a time; a bus need not be thread-safe.
/// Disposing it closes the hardware.
/// </summary>
public interface IBus : IAsyncDisposable
{
    /// <summary>What the log calls a device: its name, and what it is addressed by where that helps, as in <c>meter (unit 7)</c>.</summary>
    string Describe(DeviceDefinition device) => device.Name;

    /// <summary>
    /// Prepares the read of those points of a device that come due together, in as few requests as the device allows.
    /// The owner keeps and reuses what it returns.
    /// </summary>
    IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points);

    /// <summary>
    /// Writes one raw value, after scaling was undone. A device's refusal and a fault of the bus are outcomes, no exceptions.
    /// </summary>
    ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken);
}

/// <summary>A read that was prepared. Belongs to the bus that made it, and to that bus's owner.</summary>
public interface IPointReader
{
    /// <summary>
    /// Reads, and reports every point exactly once: its value, or why there is none. Faults of device and bus are outcomes, no exceptions.
    /// A point that its device tells by itself is reported when it does, not by reads; a read tells whether the device still speaks.
    /// </summary>
    ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken);
}

/// <summary>A bus some of whose devices speak by themselves: edges of a line, lines of text.</summary>
public interface IListeningBus : IBus
{
    /// <summary>
    /// Reports what comes until it is cancelled. Runs beside reads and writes; opens the hardware itself, and again after a fault.
    /// </summary>
    Task ListenAsync(IListeningSink sink, CancellationToken cancellationToken);
}

/// <summary>Takes what devices say by themselves. May be called from any thread; never blocks and never throws.</summary>
public interface IListeningSink : IReadingSink
{
    /// <summary>All that belongs together was reported: the points of one telegram, or the end of a device's speaking.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="isHeard">Whether the device spoke; false: it has been silent for too long, or cannot be heard.</param>
    void Finish(string device, bool isHeard);
}

/// <summary>Takes readings. May be called from any thread; never blocks and never throws.</summary>
public interface IReadingSink
{
    /// <summary>Takes one reading.</summary>
    void Report(in Reading reading);
}
