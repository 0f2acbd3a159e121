namespace Gateway.Storage.Queue;

/// <summary>One of the uplinks that read a queue.</summary>
/// <param name="Name">By which its place is found again after a restart; unique in the queue.</param>
/// <param name="Order">In which order it gets records.</param>
public sealed record QueueReaderOptions(string Name, DrainOrder Order = DrainOrder.Strict);
