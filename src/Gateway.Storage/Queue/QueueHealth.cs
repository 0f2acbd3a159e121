namespace Gateway.Storage.Queue;

/// <summary>What the queue rests on.</summary>
public enum QueueHealth
{
    /// <summary>The file is being opened and counted.</summary>
    Starting,

    /// <summary>The disk.</summary>
    Healthy,

    /// <summary>Memory alone: the disk or the file cannot be used at present, and is tried again.</summary>
    MemoryOnly,
}
