using System.Collections.Concurrent;

namespace Gateway.Abstractions.Buses;

/// <summary>
/// The one thread that speaks to a bus: calls into the kernel block, and block nobody else. Whoever waits for it does so for
/// a bounded time; while the kernel does not come back from a call, others are refused at once. Thread-safe.
/// </summary>
public sealed class BusThread : IAsyncDisposable
{
    /// <summary>How long one call into the kernel may take: the kernel's own limit of a transfer is a second.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MaxWaiting = 1024;

    private readonly string _bus;
    private readonly TimeProvider _timeProvider;
    private readonly BlockingCollection<Action> _work = new(MaxWaiting);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _began;
    private volatile bool _isBusy;
    private volatile bool _isHung;

    /// <param name="bus">The bus, as errors name it.</param>
    /// <param name="timeProvider">The clock of the patience.</param>
    public BusThread(string bus, TimeProvider timeProvider)
    {
        _bus = bus;
        _timeProvider = timeProvider;
        new Thread(Run) { IsBackground = true, Name = bus }.Start();
    }

    /// <summary>Does work on the thread, after what waits already.</summary>
    /// <exception cref="BusException">The thread hangs in the kernel; or what the work throws.</exception>
    public async Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_isHung || !_work.TryAdd(() => Carry(work, done)))
        {
            throw Hung();
        }

        while (true)
        {
            try
            {
                return await done.Task.WaitAsync(Patience, _timeProvider);
            }
            catch (TimeoutException) when (!done.Task.IsCompleted)
            {
                // The wait may have been for others, each of them in time.
                if (_isBusy && _timeProvider.GetElapsedTime(Interlocked.Read(ref _began)) >= Patience)
                {
                    _isHung = true;
                    throw Hung();
                }
            }
        }
    }

    /// <summary>Ends the thread when its work is done. One that hangs is left to itself.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.CompleteAdding();
        await _ended.Task.WaitAsync(Patience, _timeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_ended.Task.IsCompleted)
        {
            _work.Dispose();
        }
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            Interlocked.Exchange(ref _began, _timeProvider.GetTimestamp());
            _isBusy = true;
            work();
            _isBusy = false;
            _isHung = false;
        }

        _ended.SetResult();
    }

    private static void Carry<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.TrySetResult(work());
        }
#pragma warning disable CA1031 // It is thrown where the work is awaited.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            done.TrySetException(fault);
        }
    }

    private BusException Hung() => new(BusReasons.Hung, $"The kernel does not come back from a call to {_bus}; pull the adapter, or start the machine again.", isBusFault: true);
}
