using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using Gateway.Shared;

namespace Gateway.Mqtt.Transport;

/// <summary>Opens byte streams to MQTT servers over TCP, TLS, WebSocket and Unix sockets. Thread-safe.</summary>
public static class MqttDialer
{
    /// <summary>The WebSocket subprotocol. MQTT 5.0 §6.</summary>
    public const string WebSocketSubprotocol = "mqtt";

    /// <summary>Connects. A host name's addresses are tried in turn.</summary>
    /// <param name="server">An address that <see cref="MqttServerUri"/> accepts.</param>
    /// <param name="tls">For <c>mqtts</c> and <c>wss</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="MqttException">The server cannot be reached, or TLS or WebSocket were not agreed on.</exception>
    public static async Task<Stream> DialAsync(Uri server, MqttTlsOptions tls, CancellationToken cancellationToken)
    {
        try
        {
            return server.Scheme switch
            {
                "mqtt" => await SocketStream.ConnectAsync(server.IdnHost, server.Port, cancellationToken),
                "mqtts" => await DialTlsAsync(server, tls, cancellationToken),
                "ws" or "wss" => await DialWebSocketAsync(server, tls, cancellationToken),
                "unix" => await DialUnixAsync(Uri.UnescapeDataString(server.AbsolutePath), cancellationToken),
                _ => throw new ArgumentException($"The scheme {server.Scheme} is none of mqtt, mqtts, ws, wss and unix.", nameof(server)),
            };
        }
        catch (Exception exception) when (exception is SocketException or IOException or WebSocketException or HttpRequestException)
        {
            throw new MqttException($"Cannot connect to {server}: {Describe(exception, server)}", exception);
        }
        catch (AuthenticationException exception)
        {
            throw new MqttException($"TLS with {server} failed: {exception.InnerException?.Message ?? exception.Message}", exception);
        }
    }

    /// <summary>Why a server was not reached, for one sentence.</summary>
    internal static string Describe(Exception exception, Uri server) => exception switch
    {
        // The system's words for it are "Resource temporarily unavailable" where nothing answers for names.
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } =>
            $"this machine finds no address for the name {server.Host}; check the name, and what the machine asks for names.",

        // The framework adds the address that it tried, which says something new of a name only.
        SocketException socket when server.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 => new SocketException((int)socket.SocketErrorCode).Message,
        _ => exception.Message,
    };

    private static async Task<Stream> DialTlsAsync(Uri server, MqttTlsOptions tls, CancellationToken cancellationToken)
    {
        var settings = TlsSettings.ForClient(server, tls);
        var stream = new SslStream(await SocketStream.ConnectAsync(server.IdnHost, server.Port, cancellationToken));
        try
        {
            await stream.AuthenticateAsClientAsync(settings, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static async Task<Stream> DialUnixAsync(string path, CancellationToken cancellationToken) => await SocketStream.ConnectAsync(
        new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), cancellationToken);

    private static async Task<Stream> DialWebSocketAsync(Uri server, MqttTlsOptions tls, CancellationToken cancellationToken)
    {
        var settings = server.Scheme == "wss" ? TlsSettings.ForClient(server, tls) : null;
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = settings, UseProxy = false });
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(WebSocketSubprotocol);
            await socket.ConnectAsync(server, invoker, cancellationToken);
            if (socket.SubProtocol != WebSocketSubprotocol)
            {
                throw new MqttException($"The server at {server} does not speak MQTT: it did not agree to the WebSocket subprotocol 'mqtt'.");
            }

            return new BinaryFrameStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
