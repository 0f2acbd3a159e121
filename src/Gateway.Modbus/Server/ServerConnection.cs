using System.Runtime.CompilerServices;
using Gateway.Modbus.Pdu;
using Gateway.Shared;
using Microsoft.Extensions.Logging;

namespace Gateway.Modbus.Server;

/// <summary>What all connections of a server share.</summary>
internal sealed record ServerContext(
    IModbusRequestHandler Handler, ModbusServerOptions Options, IReadOnlyDictionary<byte, FaultInjector> Faults, ServerDiagnostics Diagnostics,
    TimeProvider Time, ILogger Logger)
{
    private readonly LogPace _failures = new(Time);

    /// <summary>Asks the handler; whatever it throws is a failure of the device.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> HandleAsync(ModbusRequest request, Memory<byte> responsePdu, CancellationToken cancellationToken)
    {
        try
        {
            return await Handler.HandleAsync(request, responsePdu, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var function = request.Pdu.Span[0];
            if (_failures.TryTake(out var more))
                Log.ServingFailed(Logger, e, request.UnitId, function, more);
            return ResponseWriter.Exception(responsePdu.Span, function, ExceptionCode.ServerDeviceFailure);
        }
    }
}

/// <summary>Whose request is answered.</summary>
/// <param name="UnitId">The unit.</param>
/// <param name="TransactionId">TCP: the request's number.</param>
/// <param name="Peer">Who asks.</param>
/// <param name="Sender">Datagrams: whom the answer is for.</param>
internal readonly record struct RequestOrigin(byte UnitId, ushort TransactionId = 0, ModbusPeer? Peer = null, object? Sender = null);

/// <summary>One connection of a server: requests are answered in the order in which they come.</summary>
internal abstract class ServerConnection(ServerContext context, int maxFrameLength) : IAsyncDisposable
{
    /// <summary>Late answers under way; more are dropped.</summary>
    private const int MaxLateAnswers = 16;

    private readonly byte[] _responsePdu = new byte[ModbusLimits.MaxPduLength];
    private readonly byte[] _frame = new byte[maxFrameLength];
    private readonly SemaphoreSlim _writing = new(1);
    private readonly List<Task> _late = [];
    private readonly WriteLog? _writes = context.Options.LogsWrites ? new(context.Logger) : null;
    private long _lastRequest = context.Time.GetTimestamp();

    protected ServerContext Context => context;

    /// <summary>How long the next whole request may take. Bytes that are none don't count: they would hold a place for good.</summary>
    protected TimeSpan Patience
    {
        get
        {
            var timeout = context.Options.IdleTimeout;
            if (timeout == Timeout.InfiniteTimeSpan)
                return timeout;

            var left = timeout - context.Time.GetElapsedTime(_lastRequest);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Serves until the client leaves or the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await ServeAsync(leaving.Token);
        }
        finally
        {
            await leaving.CancelAsync();
            await Task.WhenAll(_late).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public virtual ValueTask DisposeAsync()
    {
        _writing.Dispose();
        return ValueTask.CompletedTask;
    }

    protected abstract Task ServeAsync(CancellationToken cancellationToken);

    /// <summary>What is sent if no unit answers; 0: nothing.</summary>
    protected abstract int WriteNoAnswer(Span<byte> responsePdu, byte function);

    protected abstract int WriteFrame(Span<byte> frame, RequestOrigin origin, ReadOnlySpan<byte> pdu);

    protected abstract ValueTask WriteAsync(ReadOnlyMemory<byte> frame, RequestOrigin origin, CancellationToken cancellationToken);

    /// <summary>The part of a frame in which a flipped bit shows.</summary>
    protected abstract Span<byte> GuardedPart(Span<byte> frame);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected async ValueTask AnswerAsync(RequestOrigin origin, ReadOnlyMemory<byte> pdu, bool isBroadcast, CancellationToken cancellationToken)
    {
        _lastRequest = context.Time.GetTimestamp();
        var function = pdu.Span[0];
        context.Diagnostics.CountMessage(origin.UnitId, isBroadcast);
        var request = new ModbusRequest(origin.UnitId, pdu, isBroadcast, origin.Peer);
        var length = await context.HandleAsync(request, _responsePdu, cancellationToken);
        if (isBroadcast || (length > 0 && (_responsePdu[0] & ResponseWriter.ExceptionFlag) == 0))
            _writes?.Note(request);
        if (isBroadcast)
            return;
        if (length > 0 && (_responsePdu[0] & ResponseWriter.ExceptionFlag) != 0)
            context.Diagnostics.CountException(origin.UnitId);
        if (length == 0)
            length = WriteNoAnswer(_responsePdu, function);
        if (length == 0)
            return;

        if (context.Faults.TryGetValue(origin.UnitId, out var injector))
        {
            await SendFaultyAsync(injector, origin, function, length, cancellationToken);
            return;
        }

        length = WriteFrame(_frame, origin, _responsePdu.AsSpan(0, length));
        await SendAsync(_frame.AsMemory(0, length), origin, cancellationToken);
    }

    private async ValueTask SendFaultyAsync(FaultInjector injector, RequestOrigin origin, byte function, int length, CancellationToken cancellationToken)
    {
        if (injector.NextDelay() is var delay && delay > TimeSpan.Zero)
            await Task.Delay(delay, context.Time, cancellationToken);

        var fault = injector.Next();
        if (fault == Fault.Exception)
            length = ResponseWriter.Exception(_responsePdu, function, injector.Faults.ExceptionCode);
        if (fault == Fault.WrongUnit)
            origin = origin with { UnitId = (byte)(origin.UnitId + 1) };
        length = WriteFrame(_frame, origin, _responsePdu.AsSpan(0, length));
        var frame = _frame.AsMemory(0, length);
        switch (fault)
        {
            case Fault.Drop:
                return;
            case Fault.Babble:
                frame = injector.NextBabble();
                break;
            case Fault.Corrupt:
                injector.FlipBit(GuardedPart(frame.Span));
                break;
            case Fault.Duplicate:
                await SendAsync(frame, origin, cancellationToken);
                break;
            case Fault.Late:
                _late.RemoveAll(answer => answer.IsCompleted);
                if (_late.Count < MaxLateAnswers)
                    _late.Add(SendLaterAsync(frame.ToArray(), origin, injector.Faults.LateBy, cancellationToken));
                return;
        }

        await SendAsync(frame, origin, cancellationToken);
    }

    private async Task SendLaterAsync(byte[] frame, RequestOrigin origin, TimeSpan delay, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, context.Time, cancellationToken);
        await SendAsync(frame, origin, cancellationToken);
    }

    // A late answer may come while another is sent.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ReadOnlyMemory<byte> frame, RequestOrigin origin, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await WriteAsync(frame, origin, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }
}
