using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Broker.Tests.Wire;
using Gateway.TestSupport;

#pragma warning disable CA5359 // Whether the server can be trusted is not what these clients are for.

namespace Gateway.Mqtt.Broker.Tests.Listeners;

/// <summary>A TLS or WebSocket connection that speaks <see cref="WireText"/>.</summary>
internal sealed class StreamClient(Stream stream) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public Stream Stream => stream;

    /// <summary>TLS that takes whatever certificate the server shows, and shows the one given.</summary>
    public static async Task<StreamClient> TlsAsync(int port, TestCertificates? certificates = null, string? show = null, SslClientAuthenticationOptions? options = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        options ??= new SslClientAuthenticationOptions();
        options.TargetHost = "localhost";
        options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        if (show is not null)
        {
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificates!.Certificate(show), certificates.Key(show))];
        }

        using var deadline = new CancellationTokenSource(Deadline);
        await tls.AuthenticateAsClientAsync(options, deadline.Token);
        return new StreamClient(tls);
    }

    /// <summary>A WebSocket, each write a binary frame.</summary>
    public static async Task<StreamClient> WebSocketAsync(Uri uri, string? subprotocol = "mqtt", string? origin = null)
        => new(WebSocketStream.Create(await OpenAsync(uri, subprotocol, origin), WebSocketMessageType.Binary, ownsWebSocket: true));

    /// <exception cref="WebSocketException">The server refuses; its message has the status.</exception>
    public static async Task<ClientWebSocket> OpenAsync(Uri uri, string? subprotocol = "mqtt", string? origin = null)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var socket = new ClientWebSocket();
        if (subprotocol is not null)
        {
            socket.Options.AddSubProtocol(subprotocol);
        }

        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        await socket.ConnectAsync(uri, deadline.Token);
        return socket;
    }

    public async Task SendAsync(string text)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await stream.WriteAsync(WireText.Parse(text), deadline.Token);
    }

    /// <summary>Receives exactly that.</summary>
    public async Task ExpectAsync(string text)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var expected = WireText.Parse(text);
        var received = new byte[expected.Length];
        var length = await stream.ReadAtLeastAsync(received, received.Length, throwOnEndOfStream: false, deadline.Token);
        Assert.Equal(WireText.Format(expected), WireText.Format(received[..length]));
    }

    /// <summary>The other end closes properly, having said nothing more.</summary>
    public async Task ExpectCloseAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], deadline.Token));
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
