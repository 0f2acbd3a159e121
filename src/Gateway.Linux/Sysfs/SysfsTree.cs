using System.Runtime.InteropServices;
using System.Text;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Sysfs;

/// <summary>The attributes below a mount point such as <c>/sys</c>. Thread-safe.</summary>
/// <param name="root">The mount point.</param>
public sealed class SysfsTree(string root) : ISysfs
{
    private const int MaxLength = 65536;

    /// <inheritdoc/>
    public string Read(string path)
    {
        var full = Full(path);
        using var descriptor = new SafeFileDescriptor(Libc.open(full, Libc.O_CLOEXEC));
        if (descriptor.IsInvalid)
            throw SysfsErrors.Reading(full, Marshal.GetLastPInvokeError());

        // An attribute is made anew by the first read; the rest of it comes from the kernel's buffer.
        var bytes = new byte[4096];
        var length = 0;
        while (true)
        {
            var count = Transfer(descriptor, bytes.AsSpan(length), isWrite: false, out var errno);
            if (count < 0)
                throw SysfsErrors.Reading(full, errno);

            length += count;
            if (count == 0 || length == MaxLength)
                return Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\n');
            if (length == bytes.Length)
                Array.Resize(ref bytes, bytes.Length * 2);
        }
    }

    /// <inheritdoc/>
    public void Write(string path, string text)
    {
        var full = Full(path);
        using var descriptor = new SafeFileDescriptor(Libc.open(full, Libc.O_WRONLY | Libc.O_CLOEXEC));
        if (descriptor.IsInvalid)
            throw SysfsErrors.Writing(full, Marshal.GetLastPInvokeError());
        if (Transfer(descriptor, Encoding.UTF8.GetBytes(text), isWrite: true, out var errno) < 0)
            throw SysfsErrors.Writing(full, errno);
    }

    /// <inheritdoc/>
    public bool Exists(string path) => Path.Exists(Full(path));

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(Full(folder)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // It is not there, or went away meanwhile.
        }
    }

    /// <inheritdoc/>
    public string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(Full(path)).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static unsafe int Transfer(SafeFileDescriptor descriptor, Span<byte> bytes, bool isWrite, out int errno)
    {
        fixed (byte* buffer = bytes)
        {
            while (true)
            {
                var count = isWrite ? Libc.write(descriptor, buffer, (nuint)bytes.Length) : Libc.read(descriptor, buffer, (nuint)bytes.Length);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                    return (int)count;
            }
        }
    }

    private string Full(string path) => Path.Combine(root, path);
}
