using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Storage.Queue;

/// <summary>
/// What was acquired and has not arrived yet, kept on the disk over restarts, within bounds. Records go in at one end in the order
/// of acquisition and are offered to the observer once they are accepted; the uplink reads them at the other end and
/// acknowledges. Trouble with the disk never shows in a call: the queue goes on from memory, and says so in
/// <see cref="GetStatistics"/>. Thread-safe.
/// </summary>
public sealed class OfflineQueue : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly QueueBuffer _buffer;
    private readonly QueueWriter _writer;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private bool _isDisposed;

    private OfflineQueue(QueueOptions options, IQueueObserver observer, AcquisitionClock clock, TimeProvider timeProvider, ILogger logger)
    {
        (_timeProvider, _logger) = (timeProvider, logger);
        _buffer = new QueueBuffer(options, observer, clock, timeProvider);
        _writer = new QueueWriter(options, _buffer, clock, timeProvider, logger);
    }

    /// <summary>The number of this start of the gateway, 1 or more; part of each record's key.</summary>
    public int Boot => _buffer.Boot;

    /// <summary>The places of the uplinks, in the order of <see cref="QueueOptions.Readers"/>.</summary>
    public IReadOnlyList<QueueReader> Readers => _buffer.Readers;

    /// <summary>
    /// Opens the queue or begins a new one. A damaged file is set aside; where the folder cannot be used, or the disk does not answer within
    /// 5 s, the queue begins in memory. Throws <see cref="ArgumentException"/> for options outside their ranges, and nothing else.
    /// </summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="observer">Is told of accepted records.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Takes changes of state.</param>
    /// <param name="clock">What times of acquisition are worth; null: they are believed.</param>
    public static async Task<OfflineQueue> OpenAsync(
        QueueOptions options, IQueueObserver observer, TimeProvider timeProvider, ILogger<OfflineQueue> logger, AcquisitionClock? clock = null)
    {
        options.Validate();
        clock ??= new AcquisitionClock(new BelievedClock(timeProvider), NullLogger<AcquisitionClock>.Instance);
        var queue = new OfflineQueue(options, observer, clock, timeProvider, logger);
        try
        {
            await queue._writer.Opened.WaitAsync(Patience, timeProvider);
        }
        catch (TimeoutException)
        {
            // The disk hangs; the writer's thread goes on waiting for it.
        }

        queue._buffer.TryBegin(BootFile.Invent(), 0);
        return queue;
    }

    /// <summary>
    /// Takes a message in. Neither blocks nor throws for trouble with the disk. Records keep the order in which calls enter.
    /// Throws <see cref="ArgumentException"/> for a body of more than <see cref="QueueOptions.MaxBodyLength"/> bytes.
    /// </summary>
    /// <param name="time">When it was acquired, by the machine's clock; kept to the microsecond.</param>
    /// <param name="device">The device it is of.</param>
    /// <param name="point">The point it is of; empty for a message of the whole device.</param>
    /// <param name="body">What the publisher needs. The queue keeps it: it must not change any more.</param>
    public AppendOutcome Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body) =>
        Append(time, device, point, body, isUrgent: false, out _);

    /// <inheritdoc cref="Append(DateTimeOffset, string, string, ReadOnlyMemory{byte})"/>
    /// <param name="time">When it was acquired, by the machine's clock; kept to the microsecond.</param>
    /// <param name="device">The device it is of.</param>
    /// <param name="point">The point it is of; empty for a message of the whole device.</param>
    /// <param name="body">What the publisher needs. The queue keeps it: it must not change any more.</param>
    /// <param name="isUrgent">Whether it overtakes what is not.</param>
    /// <param name="position">Its place, by which the reader and the observer know it; 0 if it was not taken.</param>
    public AppendOutcome Append(DateTimeOffset time, string device, string point, ReadOnlyMemory<byte> body, bool isUrgent, out long position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, QueueOptions.MaxBodyLength);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _buffer.Append(time, device, point, body, isUrgent, out position);
    }

    /// <summary>Whether records reach the disk at present; false while the queue rests on memory alone. Cheap.</summary>
    public bool IsOnDisk => _writer.Statistics.Health != QueueHealth.MemoryOnly;

    /// <summary>The queue at this moment. Cheap; touches no disk.</summary>
    public QueueStatistics GetStatistics() => _buffer.AddTo(_writer.Statistics);

    /// <summary>Lets the parked records come again, behind all others, each for the reader that parked it; one that it parks again is parked again.</summary>
    public void RetryParked() => _buffer.RequestRetry();

    /// <summary>Throws the parked records away, for good.</summary>
    public void PurgeParked() => _buffer.RequestPurge();

    /// <summary>
    /// The devices that there are. Losses of others count together from now on (<see cref="QueueDrops.GoneDevices"/>), so that there are no more counts than devices; until the
    /// first call each counts for itself.
    /// </summary>
    public void SetDevices(IEnumerable<string> devices) => _buffer.SetDevices(devices.ToHashSet());

    /// <summary>Counts records that were lost before they could be appended (<see cref="DropReason.Held"/>), by device.</summary>
    public void CountHeld(IReadOnlyDictionary<string, long> lost) => _buffer.CountHeld(lost);

    /// <summary>How long ago a record was acquired, whatever was done to the clock since; null if nobody knows. Cheap.</summary>
    public TimeSpan? AgeOf(QueueRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return _buffer.AgeOf(record);
    }

    /// <summary>
    /// Writes what is not written yet and closes the file; gives up after 5 s on a disk that hangs. The log says what of which device did not get there; it counts as lost.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _writer.Stop();
        try
        {
            await _writer.Ended.WaitAsync(Patience, _timeProvider);
        }
        catch (TimeoutException)
        {
            Log.QueueCloseTimedOut(_logger, Patience.TotalSeconds, _buffer.CountUnwritten());
        }

        await _writer.DisposeAsync();
        _buffer.Alarm.Dispose();
    }
}
