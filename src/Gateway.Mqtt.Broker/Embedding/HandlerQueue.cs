using System.Threading.Channels;

namespace Gateway.Mqtt.Broker.Embedding;

/// <summary>
/// Hands items to a handler of the embedding program, one at a time and in order, from a bounded queue: whoever adds
/// never waits for the handler.
/// </summary>
internal sealed class HandlerQueue<T> : IAsyncDisposable
{
    // Set for the handler's own flow: who disposes there would wait for itself.
    private static readonly AsyncLocal<HandlerQueue<T>?> Running = new();

    private readonly Func<T, CancellationToken, ValueTask> _handler;
    private readonly Action<Exception> _onFailure;
    private readonly Channel<T> _queue;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _loop;
    private bool _isEnding;

    /// <param name="handler">Its token is cancelled when the queue is disposed.</param>
    /// <param name="capacity">Items that wait, 1 or more.</param>
    /// <param name="onFailure">Told what the handler threw; the next item follows.</param>
    public HandlerQueue(Func<T, CancellationToken, ValueTask> handler, int capacity, Action<Exception> onFailure)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _handler = handler;
        _onFailure = onFailure;
        _queue = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _loop = Task.Run(RunAsync);
    }

    /// <summary>False when the queue is full or has ended.</summary>
    public bool TryAdd(T item) => _queue.Writer.TryWrite(item);

    /// <summary>Takes no more, and completes when what waits is handled; at once if called from the handler.</summary>
    public Task FinishAsync()
    {
        _queue.Writer.TryComplete();
        return Running.Value == this ? Task.CompletedTask : _loop;
    }

    /// <summary>Ends it: what waits is dropped. Completes when the handler has returned, unless called from there.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _isEnding, true))
        {
            _queue.Writer.TryComplete();
            await _ending.CancelAsync();
        }

        if (Running.Value != this)
        {
            await _loop;
        }
    }

    private async Task RunAsync()
    {
        Running.Value = this;
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_ending.Token))
            {
                while (!_ending.IsCancellationRequested && _queue.Reader.TryRead(out var item))
                {
                    await HandleAsync(item);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async ValueTask HandleAsync(T item)
    {
        try
        {
            await _handler(item, _ending.Token);
        }
#pragma warning disable CA1031 // A handler's failure costs its item only.
        catch (Exception e) when (e is not OperationCanceledException || !_ending.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _onFailure(e);
        }
    }
}
