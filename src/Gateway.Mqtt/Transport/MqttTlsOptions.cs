namespace Gateway.Mqtt.Transport;

/// <summary>TLS for <c>mqtts</c> and <c>wss</c>. Files are PEM and are read anew for every connection, so that renewed
/// certificates are taken up by themselves. The versions are TLS 1.2 and 1.3. Immutable.</summary>
public sealed record MqttTlsOptions
{
    /// <summary>Certificates of the authorities to trust instead of the system's; null (default): the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The client's certificate with its chain; null (default): none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The client's private key; null (default): it is in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>ALPN of <c>mqtts</c>, in order of preference, each 1 to 255 bytes; default empty: none is sent, which suits nearly every
    /// server. <c>mqtt</c> is the registered name; AWS IoT asks for <c>x-amzn-mqtt-ca</c> on port 443. RFC 7301.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>Whether a server may show the certificate of another host, as long as it is one of a trusted authority; default false.</summary>
    public bool AcceptsAnyHostName { get; init; }
}
