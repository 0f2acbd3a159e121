namespace Gateway.Abstractions.Buses;

/// <summary>A transfer that failed. The message is one sentence that says what to do where that is known.</summary>
public sealed class BusException : IOException
{
    /// <param name="reason">Why, a short lower-case term of <see cref="BusReasons"/> or the driver's own.</param>
    /// <param name="message">One sentence.</param>
    /// <param name="isBusFault">Whether the bus itself failed, so that no chip on it can be reached until it was opened again.</param>
    public BusException(string reason, string message, bool isBusFault = false)
        : base(message)
    {
        Reason = reason;
        IsBusFault = isBusFault;
    }

    /// <summary>Why, a short lower-case term, as it is published.</summary>
    public string Reason { get; }

    /// <summary>Whether the bus itself failed; else only the chip that was addressed.</summary>
    public bool IsBusFault { get; }
}
