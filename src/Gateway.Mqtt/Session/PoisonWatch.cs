using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Session;

/// <summary>
/// Finds the message for which a server ends every connection: before 5.0 it has no other way to refuse one. After two connections that
/// ended soon after something was sent, messages go out one at a time, on connections that were seen to live; one with which so many of those
/// ended in a row is the culprit. Pure; not thread-safe.
/// </summary>
/// <param name="patience">Connections that one message may cost, one at a time.</param>
internal sealed class PoisonWatch(int patience)
{
    /// <summary>How soon after a message a connection ends because of it.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    /// <summary>How long a connection must live without any message to show that it does.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private const int Suspicious = 2;

    private int _losses;
    private int _suspects;
    private ApplicationMessage? _suspect;
    private int _deaths;

    /// <summary>Whether messages are to go out one at a time.</summary>
    public bool IsIsolating => _suspects > 0;

    /// <summary>The server ended a connection with messages in flight.</summary>
    /// <param name="oldest">The oldest of them.</param>
    /// <param name="sent">How many were sent on this connection and not acknowledged.</param>
    /// <param name="inFlight">How many are in flight over all.</param>
    /// <param name="isSoon">Whether it was soon after the last one was sent.</param>
    /// <returns>Whether the oldest is the culprit: it is to be given up.</returns>
    public bool ConnectionLost(ApplicationMessage? oldest, int sent, int inFlight, bool isSoon)
    {
        if (sent == 0 || !isSoon || oldest is null)
        {
            (_losses, _suspect, _deaths) = (0, null, 0);
            return false;
        }

        if (!IsIsolating)
        {
            _suspects = ++_losses >= Suspicious ? inFlight : 0;
            return false;
        }

        if (sent != 1)
        {
            return false;
        }

        (_suspect, _deaths) = (oldest, ReferenceEquals(_suspect, oldest) ? _deaths + 1 : 1);
        if (_deaths < patience)
        {
            return false;
        }

        // There may be more of its kind among the others, which are known the same way.
        (_suspect, _deaths) = (null, 0);
        return true;
    }

    /// <summary>A message in flight has ended.</summary>
    public void Ended()
    {
        if (IsIsolating && --_suspects == 0)
        {
            (_losses, _suspect, _deaths) = (0, null, 0);
        }
    }

    /// <summary>The server could not be reached: then it was the server.</summary>
    public void ServerWasAway() => (_losses, _suspect, _deaths) = (0, null, 0);
}
