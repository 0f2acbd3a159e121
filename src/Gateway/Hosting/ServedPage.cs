using Gateway.Mqtt.Broker;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Runtime.Configuration;
using Gateway.Storage.History;
using Gateway.Web;
using Gateway.Web.Live;

namespace Gateway.Hosting;

/// <summary>
/// The page that the service serves: the one that the configuration asks for or, while it cannot be read, one that says what is wrong. Opened anew
/// where what is said of it differs. One call at a time; the properties from any thread.
/// </summary>
/// <param name="options">Where the page is while no configuration says, and what happens when it cannot listen.</param>
/// <param name="create">Makes what is shown, by what the configuration says of the page.</param>
/// <param name="openHistory">Opens what values were, by the same; null: it is not kept.</param>
/// <param name="log">Keeps lines for the page, while there is one.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="loggerFactory">Where every part logs.</param>
internal sealed class ServedPage(GatewayServiceOptions options, Func<WebOptions, Dashboard> create, Func<WebOptions, HistoryStore?> openHistory, LogRing log, TimeProvider timeProvider, ILoggerFactory loggerFactory) : IAsyncDisposable
{
    private readonly WebOptions _first = new() { Listen = [options.DefaultPage] };
    private readonly WebOptions _ofProblems = new() { Listen = [options.DefaultPage], ShowsProblemsOnly = true, HistoryBytes = 0 };
    private Dashboard? _dashboard;
    private PageListener? _listener;

    /// <summary>What it is by; null: it was not opened yet.</summary>
    public WebOptions? Options { get; private set; }

    /// <summary>Where it is.</summary>
    public IReadOnlyList<string> Addresses => _listener?.Addresses ?? [];

    /// <summary>What is shown; null: nothing is served.</summary>
    public Dashboard? Dashboard => Volatile.Read(ref _dashboard);

    /// <summary>Serves it so, unless it is so already.</summary>
    /// <exception cref="MqttBrokerException">Its users file cannot be used; what was served goes on.</exception>
    /// <exception cref="ListenerException">It cannot listen, and the service is to end then.</exception>
    public async Task OpenAsync(WebOptions web, CancellationToken cancellationToken)
    {
        if (Options is not null && OptionsComparison.IsSameWeb(Options, web))
        {
            return;
        }

        // How much is kept of the past closes no connection and ends no session.
        if (Options is not null && OptionsComparison.IsSameWebButHistory(Options, web))
        {
            _dashboard?.Trends.KeepIn(() => openHistory(web));
            Options = web;
            return;
        }

        // A users file that cannot be used shows before anything is closed.
        var dashboard = web.Listen.Count == 0 ? null : create(web);
        await DisposeAsync();
        (Options, _dashboard, log.IsKept) = (web, dashboard, dashboard is not null);
        if (dashboard is not null)
        {
            _listener = options.WhenListenerFails == ListenerFailurePolicy.Throw
                ? await PageListener.OpenAllAsync(web, dashboard, timeProvider, loggerFactory, cancellationToken)
                : PageListener.Open(web, dashboard, timeProvider, loggerFactory);
        }
    }

    /// <summary>Serves it while nothing runs.</summary>
    /// <param name="web">What the configuration says of it; null: that cannot be read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task OpenOfNothingAsync(WebOptions? web, CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(web ?? Find(), cancellationToken);
        }
        catch (MqttBrokerException)
        {
            // The broker's users file is damaged, which has been reported, and it is the page's, too.
            await OpenAsync(_ofProblems, cancellationToken);
        }
    }

    /// <summary>Closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_listener is { } listener)
        {
            _listener = null;
            await listener.DisposeAsync();
        }

        if (_dashboard is { } dashboard)
        {
            Volatile.Write(ref _dashboard, null);
            await dashboard.DisposeAsync();
        }
    }

    // A damaged configuration does not say who may see the page. One that is not there yet is made on it.
    private WebOptions Find() =>
        Options is not null && Options != _first && Options != _ofProblems ? Options
        : File.Exists(options.ConfigurationPath) ? _ofProblems
        : _first;
}
