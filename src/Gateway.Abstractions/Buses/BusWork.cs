namespace Gateway.Abstractions.Buses;

/// <summary>Work for the thread of a bus. What came of it is told once; what comes of it after it was given up is not.</summary>
internal abstract class BusWork
{
    /// <summary>Does the next step of it, on the thread.</summary>
    /// <param name="wait">How long to wait before the next one.</param>
    /// <returns>Whether it is over.</returns>
    public abstract bool Step(out TimeSpan wait);

    /// <summary>Tells whoever waits that it is over; what they do next is done here.</summary>
    public abstract void Tell();

    /// <summary>Gives it up. From any thread.</summary>
    public abstract void Fail(Exception fault);
}

/// <summary>One call.</summary>
internal sealed class BusCall<T>(Func<T> work) : BusWork
{
    private readonly TaskCompletionSource<T> _done = new();
    private T? _result;
    private Exception? _fault;

    public Task<T> Task => _done.Task;

    public override bool Step(out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        try
        {
            _result = work();
        }
#pragma warning disable CA1031 // It is thrown where the work is awaited.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _fault = fault;
        }

        return true;
    }

    public override void Tell()
    {
        if (_fault is null)
        {
            _done.TrySetResult(_result!);
        }
        else
        {
            _done.TrySetException(_fault);
        }
    }

    public override void Fail(Exception fault) => _done.TrySetException(fault);
}

/// <summary>Work in steps with waits between them.</summary>
internal sealed class BusWalk(IEnumerable<TimeSpan> steps) : BusWork
{
    private readonly TaskCompletionSource _done = new();
    private CancellationTokenRegistration _registration;
    private IEnumerator<TimeSpan>? _enumerator;
    private Exception? _fault;

    public Task Task => _done.Task;

    /// <summary>Gives it up when a token is cancelled: nobody waits for a step that is under way.</summary>
    /// <param name="giveUp">Is told before those who wait.</param>
    /// <param name="cancellationToken">The token.</param>
    public void EndWith(Action<BusWalk> giveUp, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                (_, token) =>
                {
                    giveUp(this);
                    _done.TrySetCanceled(token);
                },
                null);
        }
    }

    public override bool Step(out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        try
        {
            if (!_done.Task.IsCompleted && (_enumerator ??= steps.GetEnumerator()).MoveNext())
            {
                wait = _enumerator.Current;
                return false;
            }

            _enumerator?.Dispose();
        }
#pragma warning disable CA1031 // It is thrown where the work is awaited.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _fault = fault;
        }

        return true;
    }

    public override void Tell()
    {
        _registration.Dispose();
        if (_fault is null)
        {
            _done.TrySetResult();
        }
        else
        {
            _done.TrySetException(_fault);
        }
    }

    public override void Fail(Exception fault)
    {
        _registration.Dispose();
        _done.TrySetException(fault);
    }
}
