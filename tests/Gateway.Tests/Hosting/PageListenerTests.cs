using System.Net;
using System.Net.Sockets;
using Gateway.Hosting;
using Gateway.Runtime.Configuration;
using Gateway.Tests.Web;
using Gateway.TestSupport;
using Gateway.Web;
using Gateway.Web.Live;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Hosting;

public sealed class PageListenerTests : IAsyncDisposable
{
    // RFC 5737: an address of documentation, which no machine has.
    private static readonly Uri Nowhere = new("http://192.0.2.1:8080");

    private readonly LogRing _log = new(TimeProvider.System);
    private readonly ILoggerFactory _loggers;
    private readonly List<Dashboard> _dashboards = [];

    public PageListenerTests() => _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));

    public async ValueTask DisposeAsync()
    {
        _loggers.Dispose();
        foreach (var dashboard in _dashboards)
        {
            await dashboard.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_address_that_is_not_there_is_said_and_stops_nothing_else()
    {
        var (options, dashboard) = Create(Nowhere, new Uri("http://127.0.0.1:0"));

        await using (var page = PageListener.Open(options, dashboard, TimeProvider.System, _loggers))
        {
            await Eventually.TrueAsync(() => page.Addresses.Count == 1 && _log.Read(LogRing.Capacity).Any(line =>
                line.Text.StartsWith("the page cannot be served on http://192.0.2.1:8080: this machine does not have that address", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task An_address_that_is_not_there_closes_those_before_it_where_all_are_asked_for()
    {
        var port = LoopbackPort.Free();
        var (options, dashboard) = Create(new Uri($"http://127.0.0.1:{port}"), Nowhere);

        var exception = await Assert.ThrowsAsync<ListenerException>(() => PageListener.OpenAllAsync(options, dashboard, TimeProvider.System, _loggers, default));

        Assert.Equal("the page cannot be served on http://192.0.2.1:8080: this machine does not have that address", exception.Message);
        using var again = new TcpListener(IPAddress.Loopback, port);
        again.Start();
    }

    private (WebOptions Options, Dashboard Dashboard) Create(params Uri[] listen)
    {
        var options = new WebOptions { Listen = listen };
        _dashboards.Add(PageFixture.Create(options, new StubStatusSource(), _log, TimeProvider.System));
        return (options, _dashboards[^1]);
    }
}
