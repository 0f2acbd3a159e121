using Gateway.Mqtt.Broker;
using Gateway.Runtime.Configuration;
using Gateway.Web.Access;
using Gateway.Web.History;
using Gateway.Web.Live;
using Gateway.Web.Maps;
using Gateway.Web.Scans;
using Gateway.Web.Setup;

namespace Gateway.Web;

/// <summary>What the places of the page share: who is logged in, and what is shown beside the status. There only while there is a page. Thread-safe.</summary>
internal sealed class Dashboard : IAsyncDisposable
{
    /// <param name="options">What the configuration says of the page.</param>
    /// <param name="source">What is shown.</param>
    /// <param name="log">The last lines of the log.</param>
    /// <param name="audit">Is told of log-ins.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="MqttBrokerException">The users file cannot be read or understood; the message says what to do.</exception>
    public Dashboard(WebOptions options, IStatusSource source, LogRing log, LoginAudit audit, TimeProvider timeProvider)
    {
        Source = source;
        Log = log;
        Sessions = new WebSessions(timeProvider);
        Users = options.UsersFile is { } file ? new WebUsers(file, Sessions, audit, timeProvider) : null;
        Live = new LiveStreams(source, log, timeProvider);
    }

    /// <summary>What is shown.</summary>
    public IStatusSource Source { get; }

    /// <summary>The last lines of the log.</summary>
    public LogRing Log { get; }

    /// <summary>Who is logged in.</summary>
    public WebSessions Sessions { get; }

    /// <summary>Who may log in; null: nobody.</summary>
    public WebUsers? Users { get; }

    /// <summary>Those who follow what happens.</summary>
    public LiveStreams Live { get; }

    /// <summary>What values were.</summary>
    public required Trends Trends { get; init; }

    /// <summary>Configuration and maps.</summary>
    public required SourceTexts Texts { get; init; }

    /// <summary>Who looks for devices.</summary>
    public required ScanDesk Scans { get; init; }

    /// <summary>The first configuration.</summary>
    public required SetupGuide Setup { get; init; }

    public async ValueTask DisposeAsync()
    {
        await Trends.DisposeAsync();
        Scans.Dispose();
        Users?.Dispose();
    }
}
