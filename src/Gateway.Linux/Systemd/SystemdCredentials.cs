namespace Gateway.Linux.Systemd;

/// <summary>Secrets that systemd hands to the service: <c>LoadCredential=</c>, <c>SetCredential=</c>; systemd.exec(5).</summary>
public sealed class SystemdCredentials
{
    private const int MaxLength = 1024 * 1024;

    private readonly string? _folder;

    /// <param name="folder">The folder of credentials; null: none.</param>
    public SystemdCredentials(string? folder) => _folder = folder;

    /// <summary>Those of this process: <c>$CREDENTIALS_DIRECTORY</c>.</summary>
    public static SystemdCredentials FromEnvironment() => new(Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY"));

    /// <summary>Reads a secret, without the line end that editors put behind it; null if there is none of that name.</summary>
    /// <exception cref="IOException">It cannot be read, or is longer than 1 MiB, which systemd does not allow.</exception>
    public string? TryRead(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (string.IsNullOrEmpty(_folder) || name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
            return null;

        var file = new FileInfo(Path.Combine(_folder, name));
        if (!file.Exists)
            return null;
        if (file.Length > MaxLength)
            throw new IOException($"The credential {name} is longer than 1 MiB.");
        return File.ReadAllText(file.FullName).TrimEnd('\r', '\n');
    }
}
