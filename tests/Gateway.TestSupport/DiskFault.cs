namespace Gateway.TestSupport;

/// <summary>How writing to a disk ends, by Linux's error numbers.</summary>
public enum DiskFault
{
    /// <summary>It writes.</summary>
    None = 0,

    /// <summary>EIO.</summary>
    Failing = 5,

    /// <summary>ENOSPC.</summary>
    Full = 28,

    /// <summary>EROFS, as after an error under <c>errors=remount-ro</c>.</summary>
    ReadOnly = 30,
}
