namespace Gateway.Mqtt.Broker.Access;

/// <summary>Credentials that are to be checked: in line, under way, or over. Calls within turns.</summary>
/// <param name="pace">Says when.</param>
/// <param name="userName">Whose they are; null when that is not known before.</param>
/// <param name="beganAt">Milliseconds on the broker's clock.</param>
internal sealed class LoginTry(LoginPace pace, string? userName, long beganAt)
{
    private readonly TaskCompletionSource<bool> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isUnderWay;

    public string? UserName => userName;

    public long BeganAt => beganAt;

    /// <summary>Its place in line. Kept by <see cref="LoginPace"/>.</summary>
    public LinkedListNode<LoginTry>? Place { get; set; }

    /// <summary>Whether failures before made it wait, or be refused.</summary>
    public bool IsSlowed { get; private set; }

    /// <summary>Whether they may be checked, when that is known; false: they are refused unheard, or the client is gone.</summary>
    public Task<bool> Turn => _turn.Task;

    /// <summary>Its time in line is over.</summary>
    public void Answer(bool isHeard, bool isSlowed)
    {
        Place = null;
        _isUnderWay = isHeard;
        IsSlowed = isSlowed;
        _turn.SetResult(isHeard);
    }

    /// <summary>The client is gone. A check that is under way goes on, and counts.</summary>
    public void Leave()
    {
        if (Place is { } place)
        {
            pace.Leave(place);
            Answer(isHeard: false, pace.IsSlow);
        }
    }

    /// <summary>The result is known, or there will be none.</summary>
    public void End(bool isFailure, long now)
    {
        if (_isUnderWay)
        {
            _isUnderWay = false;
            pace.End(isFailure, now);
        }
    }
}
