namespace Gateway.Storage.Queue;

/// <summary>Why a record left the queue, or never entered it, without an acknowledgement. The numbers stand in files.</summary>
public enum DropReason
{
    /// <summary>Gave way to newer ones (<see cref="FullPolicy.DropOldest"/>).</summary>
    Oldest,

    /// <summary>Gave way to its neighbours and newer ones (<see cref="FullPolicy.ThinOut"/>).</summary>
    Thinned,

    /// <summary>Came when there was no room (<see cref="FullPolicy.DropNewest"/>).</summary>
    Newest,

    /// <summary>Came when there was no room (<see cref="FullPolicy.Block"/>).</summary>
    Blocked,

    /// <summary>Grew older than <see cref="QueueOptions.MaxAge"/>.</summary>
    Expired,

    /// <summary>Was parked, and gave way to others that were.</summary>
    Parked,

    /// <summary>Was in memory alone when the queue was closed, and the disk did not take it.</summary>
    Unwritten,

    /// <summary>Came while one configuration took the place of another, when more was held for the queue than there was room for.</summary>
    Held,

    /// <summary>Waited in a file that was damaged, and could not be read there any more, or that was deleted.</summary>
    Damaged,
}
