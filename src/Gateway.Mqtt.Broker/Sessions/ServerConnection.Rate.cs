using Gateway.Mqtt.Broker.Access;

namespace Gateway.Mqtt.Broker.Sessions;

/// <content>A client that publishes faster than it may is not read from for a while; nothing of it is lost.</content>
internal sealed partial class ServerConnection
{
    // Short enough that nobody notices, long enough that a client at its limit costs few turns.
    private const long ShortestPause = 50;

    private TokenBucket _messages;
    private PauseDeadline? _pause;
    private bool _isPaused;

    private bool IsHeldUp => _isPaused || IsWaiting || IsCongested || IsBehindStore;

    /// <summary>The pause is over.</summary>
    public void EndPause()
    {
        _isPaused = false;
        Resume();
    }

    // Whether the next packet is a PUBLISH is known once it is read, so the pause begins after the last that was allowed.
    private void CountMessage()
    {
        _messages.TryTake(_state.Now);
        if (_messages.IsEmpty)
        {
            _isPaused = true;
            _state.Tally.RatePauses++;
            _pause ??= new PauseDeadline(this);
            _state.Deadlines.Schedule(_pause, _state.Now + Math.Max(ShortestPause, 1000 / _state.Limits.MessageRate));
        }
    }

    private void CancelPause()
    {
        if (_pause is not null)
        {
            _state.Deadlines.Cancel(_pause);
        }
    }
}

/// <summary>The end of a pause.</summary>
internal sealed class PauseDeadline(ServerConnection connection) : Deadline
{
    public override void OnDue(long now) => connection.EndPause();
}
