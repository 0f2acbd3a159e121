using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Mqtt.Transport;
using Gateway.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker.Listeners;

/// <summary>TLS, WebSocket, and the one on top of the other: a Kestrel of its own, which is started only when such a listener is configured.</summary>
internal sealed class KestrelAcceptor(MqttBroker broker, Uri uri, TlsFiles? tlsFiles, MqttBrokerOptions options, TimeProvider timeProvider, ILogger logger)
    : IConnectionAcceptor
{
    /// <summary>Bytes that Kestrel receives of a connection before anybody asks for them; its own default is 1 MiB, for strangers too.</summary>
    public const int ReadAhead = 16 * 1024;

    private const int LongestRequestLine = 4 * 1024;
    private const int LongestHeaders = 16 * 1024;
    private const int MostHeaders = 64;

    private static readonly List<SslApplicationProtocol> Mqtt = [new("mqtt")];
    private static readonly List<SslApplicationProtocol> Http = [SslApplicationProtocol.Http11];

    private static readonly TimeSpan LastBytesTime = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _aborting = new();
    private readonly ConcurrentDictionary<ConnectionContext, AdmittedConnection> _admitted = new();
    private readonly LogPace _refusedCertificates = new(timeProvider);
    private ListenerSocket? _bound;
    private WebApplication? _server;
    private Task _stopping = Task.CompletedTask;

    public async Task ListenAsync(ListenerSocket bound, CancellationToken cancellationToken)
    {
        _bound = bound;

        // What cannot be used is said when the listener is opened, not to each client.
        tlsFiles?.Get();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, bound.Socket.LocalEndPoint!));
        if (bound.IsInherited)
        {
            builder.Services.AddSingleton<IConnectionListenerFactory>(new InheritedListenerFactory(bound.Socket));
        }
        else
        {
            builder.Services.Configure<SocketTransportOptions>(transport =>
            {
                transport.CreateBoundListenSocket = _ => bound.Socket;
                transport.MaxReadBufferSize = ReadAhead;
            });
        }

        _server = builder.Build();
        if (ListenerAddress.IsWebSocket(uri))
        {
            _server.UseWebSockets(new WebSocketOptions { KeepAliveInterval = WebSocketEndpoint.PingInterval, KeepAliveTimeout = WebSocketEndpoint.PingInterval });
            _server.Run(new WebSocketEndpoint(broker, uri, options, timeProvider, logger).HandleAsync);
        }

        await _server.StartAsync(cancellationToken);
    }

    public async Task AcceptAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        StopListening();
    }

    public async ValueTask DisposeAsync()
    {
        StopListening();
        foreach (var (connection, admitted) in _admitted)
        {
            if (!admitted.IsServed)
            {
                connection.Abort();
            }
        }

        // The others are closed, and Kestrel sends their last bytes.
        if (await Task.WhenAny(_stopping, Task.Delay(LastBytesTime, TimeProvider.System)) != _stopping)
        {
            await _aborting.CancelAsync();
        }

        await _stopping;
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _aborting.Dispose();
    }

    // Kestrel waits for its connections then, which the broker closes.
    private void StopListening()
    {
        if (Interlocked.Exchange(ref _bound, null) is { } bound)
        {
            bound.Dispose();
            _stopping = _server?.StopAsync(_aborting.Token) ?? Task.CompletedTask;
        }
    }

    private void Configure(KestrelServerOptions kestrel, EndPoint endPoint)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = LongestRequestLine;
        kestrel.Limits.MaxRequestHeadersTotalSize = LongestHeaders;
        kestrel.Limits.MaxRequestHeaderCount = MostHeaders;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.RequestHeadersTimeout = options.Limits.ConnectTimeout;
        kestrel.Limits.KeepAliveTimeout = options.Limits.ConnectTimeout;
        kestrel.Listen(endPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(AdmitAsync);
            if (ListenerAddress.IsTls(uri))
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    HandshakeTimeout = options.Limits.ConnectTimeout,
                    OnConnection = context => ValueTask.FromResult(CreateTls(context.Connection)),
                });
            }

            if (!ListenerAddress.IsWebSocket(uri))
            {
                listen.Run(connection => broker.ServeAsync(new TlsConnection(connection, connection.Features.GetRequiredFeature<ISslStreamFeature>().SslStream)));
            }
        });
    }

    private async Task AdmitAsync(ConnectionContext connection, Func<Task> next)
    {
        // One that is not admitted is closed by returning.
        using var admitted = broker.TryAdmit(connection.RemoteEndPoint, shakesHands: ListenerAddress.IsTls(uri));
        if (admitted is not null)
        {
            connection.Features.Set(admitted);
            _admitted.TryAdd(connection, admitted);
            try
            {
                await next();
            }
            finally
            {
                _admitted.TryRemove(connection, out _);
            }
        }
    }

    private SslServerAuthenticationOptions CreateTls(ConnectionContext connection)
    {
        var identity = tlsFiles!.Get();
        var policy = tlsFiles.Options.ClientCertificate;
        var tls = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = identity.Certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = ListenerAddress.IsWebSocket(uri) ? Http : Mqtt,
            CipherSuitesPolicy = TlsCipherOrder.ForThisProcessor,
            AllowRenegotiation = false,
            ClientCertificateRequired = policy != ClientCertificatePolicy.None,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (identity.ClientPolicy is { } clientPolicy)
        {
            tls.CertificateChainPolicy = clientPolicy.Clone();
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (errors == SslPolicyErrors.None || (certificate is null && policy == ClientCertificatePolicy.Optional))
                {
                    return true;
                }

                if (_refusedCertificates.TryTake(out var more))
                {
                    var reason = certificate is null ? "it has none" : chain?.ChainStatus.FirstOrDefault().StatusInformation.TrimEnd('.', '\n') ?? $"{errors}";
                    Log.ClientCertificateRefused(logger, connection.RemoteEndPoint, reason, more);
                }

                return false;
            };
        }

        return tls;
    }

    /// <summary>Signals are the program's own.</summary>
    private sealed class EmbeddedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
