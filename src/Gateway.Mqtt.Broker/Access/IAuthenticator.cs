using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>Decides who may connect. Implementations are thread-safe.</summary>
public interface IAuthenticator
{
    /// <summary>
    /// Checks a CONNECT. May take its time (a slow hash, a remote service): the connection waits, nobody else does.
    /// An exception refuses the client with Server unavailable.
    /// </summary>
    ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Whether that user, null for anonymous clients, may still log in, as far as that is known: then nobody else may have its
    /// sessions. Answers from memory, at once. Default: true.
    /// </summary>
    bool Knows(string? userName) => true;
}

/// <summary>What a CONNECT says about who sends it. MQTT 5.0 §3.1.3.</summary>
public sealed record AuthenticationRequest
{
    /// <summary>As sent, or as the broker assigned it.</summary>
    public required string ClientId { get; init; }

    /// <summary>Null when there is none.</summary>
    public string? UserName { get; init; }

    /// <summary>Null when there is none; valid until the check is over.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Null for transports without addresses.</summary>
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>What the client showed in TLS, of the authority that the listener trusts; valid until the check is over. Null: none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }
}

/// <summary>The answer to an <see cref="AuthenticationRequest"/>.</summary>
/// <param name="ReasonCode">
/// <see cref="ReasonCode.Success"/>, or what CONNACK says: <see cref="ReasonCode.BadUserNameOrPassword"/>,
/// <see cref="ReasonCode.NotAuthorized"/>, <see cref="ReasonCode.Banned"/>, <see cref="ReasonCode.ServerUnavailable"/>; of an exchange also
/// <see cref="ReasonCode.ContinueAuthentication"/>.
/// </param>
/// <param name="UserName">Who the client is, if that was proved; null for an anonymous client.</param>
/// <param name="Data">Authentication Data for the client, of an exchange; null: none.</param>
public readonly record struct AuthenticationResult(ReasonCode ReasonCode, string? UserName = null, ReadOnlyMemory<byte>? Data = null)
{
    /// <summary>The client may connect, whoever it is.</summary>
    public static AuthenticationResult Anonymous { get; } = new(ReasonCode.Success);

    /// <summary>The user is unknown or the password wrong; which of them is not said.</summary>
    public static AuthenticationResult BadCredentials { get; } = new(ReasonCode.BadUserNameOrPassword);

    /// <summary>The exchange goes on: the client is asked for more.</summary>
    public static AuthenticationResult Continue(ReadOnlyMemory<byte>? data) => new(ReasonCode.ContinueAuthentication, Data: data);

    /// <summary>The client has proved to be that user.</summary>
    public static AuthenticationResult Accept(string userName) => new(ReasonCode.Success, userName);
}
