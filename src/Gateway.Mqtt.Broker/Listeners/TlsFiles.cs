using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// Keeps the identity up to date with its files, which are looked at when a client comes, at most once a second.
/// Thread-safe.
/// </summary>
internal sealed class TlsFiles(ListenerTlsOptions options, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TlsIdentity? _identity;
    private (Stamp Certificate, Stamp Key, Stamp Authority) _stamps;
    private long _lookedAt;

    public ListenerTlsOptions Options => options;

    /// <summary>The identity as the files have it now, or as they had it when they could be used last.</summary>
    /// <exception cref="TlsFileException">They never could.</exception>
    public TlsIdentity Get()
    {
        lock (_gate)
        {
            if (_identity is not null && timeProvider.GetElapsedTime(_lookedAt) < LookInterval)
            {
                return _identity;
            }

            _lookedAt = timeProvider.GetTimestamp();

            // Before the content is read: what is written in between has another stamp next time.
            var stamps = (Stamp.Of(options.CertificateFile), Stamp.Of(options.KeyFile), Stamp.Of(options.ClientAuthorityFile));
            if (_identity is null || stamps != _stamps)
            {
                Load();
                _stamps = stamps;
            }

            return _identity!;
        }
    }

    private void Load()
    {
        try
        {
            _identity = TlsIdentity.Load(options, File.OpenRead);
            var certificate = _identity.Certificate.TargetCertificate;
            if (certificate.NotAfter.ToUniversalTime() < timeProvider.GetUtcNow())
            {
                Log.CertificateExpired(logger, options.CertificateFile, certificate.NotAfter.ToUniversalTime());
            }
            else
            {
                Log.CertificateLoaded(logger, options.CertificateFile, certificate.Subject, certificate.NotAfter.ToUniversalTime());
            }
        }
        catch (TlsFileException e) when (_identity is not null)
        {
            Log.CertificateNotRenewed(logger, e.Message);
        }
    }

    /// <summary>What changes when a file is replaced, through links as well.</summary>
    private readonly record struct Stamp(DateTime Modified, long Length)
    {
        public static Stamp Of(string? file)
        {
            try
            {
                if (file is null)
                {
                    return default;
                }

                using var handle = File.OpenHandle(file);
                return new Stamp(File.GetLastWriteTimeUtc(handle), RandomAccess.GetLength(handle));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return default;
            }
        }
    }
}
