namespace Gateway.Storage.Queue;

/// <summary>Is told of each record when it is accepted: with <c>max-loss: none</c> once it is on the disk, else at once.</summary>
public interface IQueueObserver
{
    /// <summary>
    /// Called exactly once for each accepted record, in the order of positions, by one thread at a time: the appending one, or
    /// one of the queue's with <c>max-loss: none</c>. Must not block, throw, or call the queue back.
    /// </summary>
    void Accepted(QueueRecord record);

    /// <summary>
    /// Records up to a position are as safe as they get: on the disk, or in memory while the disk cannot be used. Those that are
    /// acknowledged before it comes to that are not told of. Called by a thread of the queue, one at a time, perhaps more than once for a position;
    /// must not block, throw, or call the queue back.
    /// </summary>
    void Secured(long through)
    {
    }

    /// <summary>A reader's record is parked, on the disk. As <see cref="Secured"/>.</summary>
    void Parked(long position)
    {
    }
}
