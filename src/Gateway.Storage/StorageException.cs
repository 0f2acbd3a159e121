namespace Gateway.Storage;

/// <summary>A file of the gateway's state cannot be used; the message says why, in one sentence.</summary>
public sealed class StorageException : Exception
{
    /// <param name="message">One sentence without a full stop.</param>
    /// <param name="inner">What SQLite or the file system said, if it said anything.</param>
    public StorageException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
