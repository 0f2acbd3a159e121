namespace Gateway.Linux;

/// <summary>The kernel refused or a device vanished. The message is one sentence that says what to do where that is known.</summary>
public sealed class LinuxException : IOException
{
    /// <param name="message">One sentence.</param>
    /// <param name="errno">The error number; it is named at the end of the message.</param>
    public LinuxException(string message, int errno)
        : base($"{message} ({Interop.Errno.NameOf(errno)})")
    {
        Errno = errno;
    }

    /// <summary>The kernel's error number.</summary>
    public int Errno { get; }

    /// <summary>The error number's name, such as <c>EBUSY</c>.</summary>
    public string ErrnoName => Interop.Errno.NameOf(Errno);
}
