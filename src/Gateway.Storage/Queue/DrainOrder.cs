namespace Gateway.Storage.Queue;

/// <summary>In which order a reader gets what is not urgent. What is urgent comes before everything else in either.</summary>
public enum DrainOrder
{
    /// <summary>As it was acquired.</summary>
    Strict,

    /// <summary>
    /// What is acquired while the reader is connected before what had waited until then, each in order; neither starves the other.
    /// </summary>
    LiveFirst,
}
