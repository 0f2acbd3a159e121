using Gateway.Mqtt.Client;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Publishing;

/// <summary>Whether a connection upstream stands, since when and why not; logs changes of that, not attempts. Thread-safe.</summary>
/// <param name="link">What the log calls it.</param>
/// <param name="waiting">What waits in its queue while it does not stand.</param>
/// <param name="first">Where it goes first.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class UplinkHealth(string link, string waiting, Uri first, TimeProvider timeProvider, ILogger logger)
{
    private readonly Lock _gate = new();
    private string _url = Describe(first);
    private bool? _isConnected;
    private long _absentFrom = timeProvider.GetTimestamp();
    private DateTimeOffset _since = timeProvider.GetUtcNow();
    private string? _reason = "not connected yet";
    private string? _lastRefusal;
    private volatile string? _hindrance;
    private string? _limit;
    private long _published;
    private long _refused;

    public UplinkStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new UplinkStatus(_url, _isConnected == true, _since, _reason, Interlocked.Read(ref _published), Interlocked.Read(ref _refused)) { Hindrance = _isConnected == true ? _hindrance : null, Limit = _isConnected == true ? _limit : null };
            }
        }
    }

    /// <summary>How long it has not stood; zero while it does.</summary>
    public TimeSpan Absence
    {
        get
        {
            lock (_gate)
            {
                return _isConnected == true ? TimeSpan.Zero : timeProvider.GetElapsedTime(_absentFrom);
            }
        }
    }

    public void CountPublished()
    {
        Interlocked.Increment(ref _published);
        _hindrance = null;
    }

    /// <summary>The connection stands, and the broker takes no messages; said until it takes one.</summary>
    public void SetHindrance(string hindrance)
    {
        lock (_gate)
        {
            if (_hindrance is null)
            {
                Log.UplinkHindered(logger, link, _url, hindrance);
            }

            _hindrance = hindrance;
        }
    }

    /// <summary>What the broker of this connection promises less than was asked for; said as long as it stands.</summary>
    public void SetLimit(string limit)
    {
        lock (_gate)
        {
            _limit = limit;
            Log.UplinkLimited(logger, link, _url, limit);
        }
    }

    /// <summary>Counts a message that was parked; logged once per reason and connection.</summary>
    public void CountRefused(string reason)
    {
        Interlocked.Increment(ref _refused);
        lock (_gate)
        {
            if (reason != _lastRefusal)
            {
                _lastRefusal = reason;
                Log.MessageRefused(logger, link, _url, reason);
            }
        }
    }

    public void SetConnected(Uri server)
    {
        lock (_gate)
        {
            (_url, _isConnected, _since, _reason, _lastRefusal, _limit) = (Describe(server), true, timeProvider.GetUtcNow(), null, null, null);
            Log.UplinkConnected(logger, link, _url);
        }
    }

    /// <summary>The connection has ended.</summary>
    public void SetDisconnected(DisconnectInfo info)
    {
        if (info.IsGoingBack)
        {
            lock (_gate)
            {
                // For a moment, and nothing is wrong.
                (_absentFrom, _isConnected, _since, _reason) = (timeProvider.GetTimestamp(), false, timeProvider.GetUtcNow(), info.Message.TrimEnd('.'));
                Log.UplinkGoesBack(logger, link, _url, _reason);
            }
        }
        else
        {
            SetProblem(info.Message);
        }
    }

    /// <summary>The gateway ends it, or takes up another configuration: no news for the log.</summary>
    public void SetStopped()
    {
        lock (_gate)
        {
            _absentFrom = _isConnected == true ? timeProvider.GetTimestamp() : _absentFrom;
            (_isConnected, _since, _reason) = (false, timeProvider.GetUtcNow(), "the gateway is stopped");
        }
    }

    public void SetProblem(string problem)
    {
        var reason = problem.TrimEnd('.');
        lock (_gate)
        {
            _reason = reason;
            if (_isConnected != false)
            {
                _absentFrom = _isConnected == true ? timeProvider.GetTimestamp() : _absentFrom;
                (_isConnected, _since) = (false, timeProvider.GetUtcNow());
                Log.UplinkLost(logger, link, _url, reason, waiting);
            }
        }
    }

    /// <summary>An address without credentials that somebody may have put into it.</summary>
    public static string Describe(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.Unescaped).TrimEnd('/');
}
