namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>
/// TLS 1.2 and 1.3 of the <c>mqtts</c> and <c>wss</c> listeners. Files are PEM; renewed ones are taken up by the
/// handshakes that follow, and the ones before stay in use while the new cannot be. Immutable.
/// </summary>
public sealed record ListenerTlsOptions
{
    /// <summary>The server's certificate, first in the file, and its chain.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>The certificate's private key, without a passphrase. Null, the default: it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The authorities of the clients' certificates; wanted unless <see cref="ClientCertificate"/> is none.</summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary>Whether clients show a certificate. Default: they are not asked.</summary>
    public ClientCertificatePolicy ClientCertificate { get; init; }

    /// <summary>
    /// A client that shows a certificate is the user whom the subject's common name (CN) names; the User Name and the
    /// Password of its CONNECT are not looked at, and with an Authentication Method it may only prove to be that user. Default false.
    /// </summary>
    public bool UserNameFromCertificate { get; init; }

    /// <summary>Null when the files can be used; else which cannot and why.</summary>
    /// <param name="open">Opens a file. Default: the disk's.</param>
    public TlsFileProblem? Check(Func<string, Stream>? open = null)
    {
        try
        {
            TlsIdentity.Load(this, open ?? File.OpenRead);
            return null;
        }
        catch (TlsFileException e)
        {
            return e.Problem;
        }
    }

    /// <summary>Null when the options go together; else a sentence.</summary>
    internal string? Validate() => ClientCertificate switch
    {
        ClientCertificatePolicy.None when ClientAuthorityFile is not null => "An authority for client certificates has no effect: clients are not asked for one.",
        ClientCertificatePolicy.None when UserNameFromCertificate => "User names cannot come from certificates: clients are not asked for one.",
        not ClientCertificatePolicy.None when ClientAuthorityFile is null => "Client certificates are checked against an authority, and none is given.",
        _ => null,
    };
}

/// <summary>Whether TLS listeners ask clients for a certificate. One that is shown must be of the authority given, in every case.</summary>
public enum ClientCertificatePolicy
{
    /// <summary>They do not.</summary>
    None,

    /// <summary>They do, and a client may have none.</summary>
    Optional,

    /// <summary>A client without one is turned away by TLS.</summary>
    Required,
}

/// <summary>Why a TLS file cannot be used.</summary>
/// <param name="Option">The name of the property of <see cref="ListenerTlsOptions"/> that names the file.</param>
/// <param name="Message">A sentence that names the file.</param>
public sealed record TlsFileProblem(string Option, string Message);
