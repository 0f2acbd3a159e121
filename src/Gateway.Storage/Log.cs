using Microsoft.Extensions.Logging;

namespace Gateway.Storage;

/// <summary>Every log event of this project; ids from 6000.</summary>
internal static partial class Log
{
    [LoggerMessage(6000, LogLevel.Information, "Offline queue: boot {Boot}, {Records} records waiting")]
    public static partial void QueueOpened(ILogger logger, int boot, long records);

    [LoggerMessage(6001, LogLevel.Warning, "Offline queue: working from memory, because {Trouble}; the disk is tried again")]
    public static partial void QueueInMemory(ILogger logger, string trouble);

    [LoggerMessage(6002, LogLevel.Information, "Offline queue: back on the disk")]
    public static partial void QueueOnDisk(ILogger logger);

    [LoggerMessage(6003, LogLevel.Error, "Offline queue: {Trouble}; it was set aside as {Path} and a new one begun")]
    public static partial void QueueSetAside(ILogger logger, string trouble, string path);

    [LoggerMessage(6004, LogLevel.Warning, "Offline queue: closed, and {Records} records that the disk did not take are lost: {Devices}")]
    public static partial void QueueClosedUnwritten(ILogger logger, int records, string devices);

    [LoggerMessage(6005, LogLevel.Critical, "Offline queue: the writer failed; the queue goes on in memory")]
    public static partial void QueueWriterFailed(ILogger logger, Exception exception);

    [LoggerMessage(6006, LogLevel.Warning, "Offline queue: closed without the disk's answer after {Seconds} s; {Records} records are lost unless it still takes them")]
    public static partial void QueueCloseTimedOut(ILogger logger, double seconds, int records);

    [LoggerMessage(6007, LogLevel.Information, "Offline queue: {Records} records waiting, counted")]
    public static partial void QueueCounted(ILogger logger, long records);

    [LoggerMessage(6008, LogLevel.Warning, "Offline queue: {Records} records of {Path} could be read and are in the new file; {Lost} had no room there")]
    public static partial void QueueSalvaged(ILogger logger, int records, string path, long lost);

    [LoggerMessage(6009, LogLevel.Warning, "Offline queue: {Path} could not be read to its end: {Problem}")]
    public static partial void QueueNotSalvaged(ILogger logger, string path, string problem);

    [LoggerMessage(6010, LogLevel.Error, "{Trouble}; it was set aside as {Path} and a new one begun")]
    public static partial void FileSetAside(ILogger logger, string trouble, string path);

    [LoggerMessage(6011, LogLevel.Error, "Offline queue: {Records} records that waited in {Path} are lost with it")]
    public static partial void QueueDamaged(ILogger logger, string path, long records);

    [LoggerMessage(6012, LogLevel.Error, "The broker begins without retained messages and sessions, because {Trouble}")]
    public static partial void BrokerStateNotRead(ILogger logger, string trouble);

    [LoggerMessage(6013, LogLevel.Warning, "{Sessions} sessions, {Deliveries} messages on their way and {Retained} retained messages were read from the damaged {Path}")]
    public static partial void BrokerStateSalvaged(ILogger logger, int sessions, int deliveries, int retained, string path);

    [LoggerMessage(6014, LogLevel.Warning, "The broker's acknowledgements of what it is to keep wait, because {Trouble}")]
    public static partial void BrokerStateWaits(ILogger logger, string trouble);

    [LoggerMessage(6015, LogLevel.Information, "The disk that holds {Path} answers in time again")]
    public static partial void BrokerStateWritten(ILogger logger, string path);

    [LoggerMessage(6020, LogLevel.Warning, "Counts and states of outputs are kept in memory only, because {Trouble}; the disk is tried again")]
    public static partial void PointsInMemory(ILogger logger, string trouble);

    [LoggerMessage(6021, LogLevel.Information, "Counts and states of outputs are in {Path} again")]
    public static partial void PointsOnDisk(ILogger logger, string path);

    [LoggerMessage(6022, LogLevel.Warning, "{Values} counts and states of outputs were read from the damaged {Path}")]
    public static partial void PointsSalvaged(ILogger logger, int values, string path);

    [LoggerMessage(6023, LogLevel.Warning, "Of more than {Most} counts and states of outputs those that were not saved for longest are forgotten; {Device}.{Point} is the first")]
    public static partial void PointsFull(ILogger logger, int most, string device, string point);

    [LoggerMessage(6030, LogLevel.Warning, "The clock says {Time:yyyy-MM-dd HH:mm:ss} and is not synchronised: readings are marked until it is, and corrected then if they still wait")]
    public static partial void ClockUnsynchronised(ILogger logger, DateTimeOffset time);

    [LoggerMessage(6031, LogLevel.Information, "The clock is synchronised; it was {Seconds:0.000} s behind when the gateway started")]
    public static partial void ClockSynchronised(ILogger logger, double seconds);

    [LoggerMessage(6032, LogLevel.Warning, "The clock was set by {Seconds:+0.000;-0.000} s")]
    public static partial void ClockStepped(ILogger logger, double seconds);

    [LoggerMessage(6040, LogLevel.Warning, "What values were is not kept at present, because {Trouble}; the charts have the last hour")]
    public static partial void HistoryNotKept(ILogger logger, string trouble);
}
