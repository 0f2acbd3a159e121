namespace Gateway.Mqtt.Transport;

/// <summary>TLS for <c>mqtts</c> and <c>wss</c>. Files are PEM and are read anew for every connection, so that renewed
/// certificates are taken up by themselves. Immutable.</summary>
public sealed record MqttTlsOptions
{
    /// <summary>Certificates of the authorities to trust instead of the system's; null (default): the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The client's certificate with its chain; null (default): none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The client's private key; null (default): it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }
}
