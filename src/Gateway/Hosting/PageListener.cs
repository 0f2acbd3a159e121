using System.Net;
using Gateway.Runtime.Configuration;
using Gateway.Web;

namespace Gateway.Hosting;

/// <summary>The page at each address of <c>web.listen</c>, each on its own: one that is taken is tried again and stops nothing else.</summary>
internal sealed class PageListener : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly List<string> _addresses = [];
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;

    private PageListener(TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
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
    public static PageListener Open(WebOptions options, IStatusSource source, TimeProvider timeProvider, ILoggerFactory loggerFactory)
    {
        var page = new PageListener(timeProvider, loggerFactory);
        foreach (var uri in options.Listen)
        {
            page._servers.Add(new RetryingServer(
                cancellationToken => page.StartAsync(uri, source, cancellationToken),
                () => { },
                reason => Log.PageUnavailable(page._logger, reason),
                timeProvider));
        }

        return page;
    }

    /// <summary>Opens the page everywhere, or nowhere.</summary>
    /// <exception cref="ListenerException">An address cannot be listened on.</exception>
    public static async Task<PageListener> OpenAllAsync(
        WebOptions options, IStatusSource source, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var page = new PageListener(timeProvider, loggerFactory);
        foreach (var uri in options.Listen)
        {
            try
            {
                page._servers.Add(await page.StartAsync(uri, source, cancellationToken));
            }
            catch (IOException exception)
            {
                await page.DisposeAsync();
                throw new ListenerException(exception.Message, exception);
            }
        }

        return page;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task<IAsyncDisposable> StartAsync(Uri uri, IStatusSource source, CancellationToken cancellationToken)
    {
        try
        {
            var endPoint = new IPEndPoint(uri.HostNameType == UriHostNameType.Dns ? IPAddress.Loopback : IPAddress.Parse(uri.DnsSafeHost), uri.Port);
            var server = await StatusServer.StartAsync(kestrel => kestrel.Listen(endPoint), source, _timeProvider, _loggerFactory, cancellationToken);
            var address = server.Addresses.Single();
            Log.PageOpened(_logger, address);
            lock (_addresses)
            {
                _addresses.Add(address);
            }

            return server;
        }
        catch (IOException exception)
        {
            throw new IOException($"the page cannot be served on {uri.OriginalString.TrimEnd('/')}: the port is taken or may not be used", exception);
        }
    }
}
