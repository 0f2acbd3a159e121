using Gateway.Mqtt.Packets;

namespace Gateway.Runtime.Configuration;

/// <summary>The upstream broker. Immutable.</summary>
public sealed record UplinkOptions
{
    /// <summary>Where it is: mqtt, mqtts, ws or wss, each with its port. At least one; several are tried in order.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>The version that is spoken. Default 5.0.</summary>
    public ProtocolVersion Protocol { get; init; } = ProtocolVersion.V50;

    /// <summary>The client identifier. Default: the site and <c>-gateway</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary>The user name; null: none.</summary>
    public string? Username { get; init; }

    /// <summary>The password; null: none.</summary>
    public Secret? Password { get; init; }

    /// <summary>Whether user name and password are shown by SCRAM-SHA-256 instead of as they are; both are there then. Default false.</summary>
    public bool UsesScram { get; init; }

    /// <summary>How messages are delivered. Default 1.</summary>
    public QualityOfService QoS { get; init; } = QualityOfService.AtLeastOnce;

    /// <summary>What mqtts and wss trust and show.</summary>
    public UplinkTlsOptions Tls { get; init; } = new();
}

/// <summary>What a TLS connection to the upstream broker trusts and shows. Immutable.</summary>
public sealed record UplinkTlsOptions
{
    /// <summary>A PEM file of the authorities to trust; null: those of the system.</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>A PEM file with the gateway's certificate; null: none. Comes with <see cref="KeyFile"/>.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>A PEM file with the certificate's key; null: none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The protocol to ask for by ALPN; null: none.</summary>
    public string? ApplicationProtocol { get; init; }
}
