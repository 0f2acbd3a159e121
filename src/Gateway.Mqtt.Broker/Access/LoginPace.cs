using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>
/// Slows log-ins after failures. A check that is under way counts like a failure until its result is known: as many are
/// checked at once as may fail without a pause, after these have failed one at a time, and the others stand in line.
/// Who comes with the right password makes nobody wait longer than its check takes. Times are milliseconds on the
/// broker's clock. Not thread-safe.
/// </summary>
internal sealed class LoginPace(BrokerLimits limits, Deadlines deadlines) : Deadline
{
    // A typing error or two cost nothing, and are forgotten soon.
    private const int FreeFailures = 3;
    private const long ForgetOneAfter = 60_000;
    private const long FirstDelay = 250;

    private readonly LinkedList<LoginTry> _line = [];
    private int _failures;
    private long _failuresAt;
    private long _nextAt;
    private int _underWay;

    /// <summary>Whether there were failures enough to make others wait.</summary>
    public bool IsSlow => _failures > FreeFailures;

    private int Places => Math.Max(1, FreeFailures + 1 - _failures);

    private long LongestDelay => (long)limits.LoginDelay.TotalMilliseconds;

    private long Delay => Math.Min(FirstDelay << (_failures - FreeFailures - 1), LongestDelay);

    /// <summary>
    /// Somebody wants credentials checked. It is refused unheard when the pause after failures is longer than a client
    /// has time for.
    /// </summary>
    /// <param name="userName">Whose; null when that is not known before.</param>
    /// <param name="now">The time.</param>
    public LoginTry Begin(string? userName, long now)
    {
        var attempt = new LoginTry(this, userName, now);
        attempt.Place = _line.AddLast(attempt);
        Serve(now);
        return attempt;
    }

    /// <summary>A check has its result.</summary>
    public void End(bool isFailure, long now)
    {
        _underWay--;
        if (isFailure)
        {
            Forget(now);

            // Those beyond the longest pause would change nothing but how long an address takes to be forgiven.
            _failures += IsSlow && Delay >= LongestDelay ? 0 : 1;
            _nextAt = IsSlow ? now + Delay : now;
        }

        Serve(now);
    }

    /// <summary>Somebody in line is gone.</summary>
    public void Leave(LinkedListNode<LoginTry> place) => _line.Remove(place);

    public override void OnDue(long now) => Serve(now);

    private void Serve(long now)
    {
        Forget(now);
        var wait = IsSlow ? _nextAt - now : 0;
        var isTooLong = wait > limits.ConnectTimeout.TotalMilliseconds / 2;
        while (_line.First is { } first && (isTooLong || (wait <= 0 && _underWay < Places)))
        {
            _line.RemoveFirst();
            _underWay += isTooLong ? 0 : 1;
            first.Value.Answer(isHeard: !isTooLong, isSlowed: IsSlow && (isTooLong || now > first.Value.BeganAt));
        }

        if (_line.Count > 0 && wait > 0)
        {
            deadlines.Schedule(this, _nextAt);
        }
    }

    private void Forget(long now)
    {
        var forgotten = (now - _failuresAt) / ForgetOneAfter;
        _failuresAt += forgotten * ForgetOneAfter;
        _failures = (int)Math.Max(0, _failures - forgotten);
        if (_failures == 0)
        {
            _failuresAt = now;
        }
    }
}
