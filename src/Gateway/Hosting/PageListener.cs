using System.Net;
using System.Net.Sockets;
using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime.Configuration;
using Gateway.Web;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.Hosting;

/// <summary>The page at each address of <c>web.listen</c>, each on its own: one that is taken is tried again and stops nothing else.</summary>
internal sealed class PageListener : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly List<string> _addresses = [];
    private readonly WebOptions _options;
    private readonly Dashboard _dashboard;
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;

    private PageListener(WebOptions options, Dashboard dashboard, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        _options = options;
        _dashboard = dashboard;
        _timeProvider = timeProvider;
        _loggerFactory = loggerFactory;
        _logger = loggerFactory.CreateLogger<PageListener>();
    }

    /// <summary>Where the page is, with the ports that the system chose. Thread-safe.</summary>
    public IReadOnlyList<string> Addresses
    {
        get
        {
            lock (_addresses)
            {
                return [.. _addresses];
            }
        }
    }

    /// <summary>Opens the page; what cannot be opened is tried again in the background.</summary>
    public static PageListener Open(WebOptions options, Dashboard dashboard, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        var page = new PageListener(options, dashboard, timeProvider, loggerFactory);
        foreach (var uri in options.Listen)
        {
            page._servers.Add(new RetryingServer(
                cancellationToken => page.StartAsync(uri, cancellationToken),
                () => { },
                reason => Log.PageUnavailable(page._logger, reason),
                timeProvider));
        }

        return page;
    }

    /// <summary>Opens the page everywhere, or nowhere.</summary>
    /// <exception cref="ListenerException">An address cannot be listened on.</exception>
    public static async Task<PageListener> OpenAllAsync(
        WebOptions options, Dashboard dashboard, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var page = new PageListener(options, dashboard, timeProvider, loggerFactory);
        try
        {
            foreach (var uri in options.Listen)
            {
                page._servers.Add(await page.StartAsync(uri, cancellationToken));
            }

            return page;
        }
        catch (IOException exception)
        {
            await page.DisposeAsync();
            throw new ListenerException(exception.Message, exception);
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task<IAsyncDisposable> StartAsync(Uri uri, CancellationToken cancellationToken)
    {
        try
        {
            var endPoint = new IPEndPoint(uri.HostNameType == UriHostNameType.Dns ? IPAddress.Loopback : IPAddress.Parse(uri.DnsSafeHost), uri.Port);
            var tls = uri.Scheme == "https" ? new ServerTls(_options.Tls!, _timeProvider, _logger) : null;
            void Listen(KestrelServerOptions kestrel) => kestrel.Listen(endPoint, listen => Secure(listen, tls));
            var server = await (_options.ShowsProblemsOnly
                ? StatusServer.StartProblemsAsync(Listen, _dashboard.Source, _loggerFactory, cancellationToken)
                : StatusServer.StartPageAsync(Listen, _dashboard, _options.NeedsLogIn(uri), assets: null, _loggerFactory, cancellationToken));
            var address = server.Addresses.Single();
            Log.PageOpened(_logger, address);
            lock (_addresses)
            {
                _addresses.Add(address);
            }

            return server;
        }
        catch (Exception exception) when (exception is IOException or SocketException or MqttBrokerException)
        {
            throw new IOException($"the page cannot be served on {uri.OriginalString.TrimEnd('/')}: {ReasonOf(exception)}", exception);
        }
    }

    // Kestrel makes an IOException of a port that is taken, and of nothing else.
    private static string ReasonOf(Exception exception) => exception switch
    {
        IOException => "another program has the port",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => "this machine does not have that address",
        SocketException { SocketErrorCode: SocketError.AccessDenied } => "only root may use that port",
        _ => exception.Message.TrimEnd('.'),
    };

    private static void Secure(ListenOptions listen, ServerTls? tls)
    {
        listen.Protocols = HttpProtocols.Http1;
        if (tls is not null)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls.CreateOptions()) });
        }
    }
}
