using System.Runtime.CompilerServices;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Modbus.Client;

/// <summary>
/// Asks the devices on one line. The line is opened by the first request and again after a fault; when to try again is
/// the caller's decision. One request at a time, or over TCP as many as <see cref="ModbusClientOptions.MaxInFlight"/>
/// allows: one more is an error. A caller goes on within the loop that receives, so it must not block.
/// </summary>
public sealed partial class ModbusClient : IAsyncDisposable
{
    private readonly Func<CancellationToken, ValueTask<Stream>> _open;
    private readonly ModbusClientOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LateReplies _lateReplies;
    private readonly ITimer? _idleTimer;
    private readonly SemaphoreSlim _opening = new(1);
    private readonly Lock _gate = new();
    private readonly Stack<Transaction> _free;
    private ClientConnection? _connection;
    private Task _closing = Task.CompletedTask;
    private ModbusTransportException? _openFailure;
    private long _openFailedAt;
    private long _lastEnd;
    private bool _wasOpen;
    private bool _isDisposed;

    /// <param name="open">Opens the line; the client closes it. Called again after a fault, never twice at a time.</param>
    /// <param name="options">How the client talks.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="logger">Takes a line whenever the connection opens, breaks or does not open; null: no log.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public ModbusClient(
        Func<CancellationToken, ValueTask<Stream>> open, ModbusClientOptions options, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(options);
        _open = open;
        _options = options.Validated();
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _lateReplies = new(_time);
        _free = new(Enumerable.Range(0, options.MaxInFlight).Select(_ => new Transaction()));
        if (options.CloseAfter is not null)
            _idleTimer = _time.CreateTimer(static client => ((ModbusClient)client!).CloseIfIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the line is open as far as is known.</summary>
    public bool IsConnected => Volatile.Read(ref _connection) is { Fault: null };

    private bool IsSerial => _options.Framing != ModbusFraming.Tcp;

    /// <summary>Closes the line. Requests under way end with <see cref="ModbusTransportException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        Task closing;
        lock (_gate)
        {
            _isDisposed = true;
            closing = _closing;
        }

        if (_idleTimer is not null)
            await _idleTimer.DisposeAsync();
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync();
        await closing;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ModbusResult> ExecuteAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var connection = await GetConnectionAsync(cancellationToken);
        try
        {
            var responseTimeout = transaction.Unit.ResponseTimeout ?? _options.ResponseTimeout;
            var result = await connection.ExecuteAsync(transaction, responseTimeout, cancellationToken);
            if (result.Status > ModbusStatus.Exception)
                Log.NoAnswer(_logger, transaction.Unit.Id, transaction.Function, result.Status);
            return result;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            await CloseAsync(connection, e.Message);
            throw new ModbusTransportException($"The Modbus line is broken: {e.Message}", e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ClientConnection> GetConnectionAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Volatile.Read(ref _connection) is { Fault: null } open)
            return open;

        await _opening.WaitAsync(cancellationToken);
        try
        {
            // Another request may have opened it meanwhile.
            if (Volatile.Read(ref _connection) is { Fault: null } opened)
                return opened;
            if (_connection is { Fault: { } fault } broken)
                await CloseAsync(broken, fault.Message);
            await _closing;
            return await OpenAsync(cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }

    private async ValueTask<ClientConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_openFailure is { } failure && _time.GetElapsedTime(_openFailedAt) < _options.ReconnectDelay)
            throw new ModbusTransportException(failure.Message, failure.InnerException);

        var stream = await OpenStreamAsync(cancellationToken);
        ClientConnection connection = IsSerial
            ? new SerialConnection(stream, _options, _time, _lateReplies, isFirst: !_wasOpen)
            : new TcpConnection(stream, _options.MaxInFlight, _time);
        _wasOpen = true;
        _openFailure = null;
        lock (_gate)
        {
            if (!_isDisposed)
                _connection = connection;
        }

        if (_isDisposed)
        {
            await connection.DisposeAsync();
            throw new ObjectDisposedException(nameof(ModbusClient));
        }

        Log.ConnectionOpened(_logger);
        if (_options.PauseAfterConnect > TimeSpan.Zero)
            await Task.Delay(_options.PauseAfterConnect, _time, cancellationToken);
        return connection;
    }

    private async ValueTask<Stream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await _open(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw OnDoesNotOpen(new($"The Modbus line did not open within {_options.ConnectTimeout.TotalSeconds:0.###} s.", e));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw OnDoesNotOpen(new($"The Modbus line does not open: {e.Message}", e));
        }
    }

    private ModbusTransportException OnDoesNotOpen(ModbusTransportException failure)
    {
        if (_openFailure?.Message != failure.Message)
            Log.ConnectionFailed(_logger, failure.Message);
        _openFailure = failure;
        _openFailedAt = _time.GetTimestamp();
        return failure;
    }

    private async ValueTask CloseAsync(ClientConnection connection, string reason)
    {
        // Of several requests that see the connection break, one closes it.
        if (Interlocked.CompareExchange(ref _connection, null, connection) != connection)
            return;

        Log.ConnectionClosed(_logger, reason);
        await connection.DisposeAsync();
    }

    private void CloseIfIdle()
    {
        lock (_gate)
        {
            // With a request under way the timer is armed again at its end.
            if (_isDisposed || _free.Count < _options.MaxInFlight || _connection is not { } connection)
                return;

            var remaining = _options.CloseAfter!.Value - _time.GetElapsedTime(_lastEnd);
            if (remaining > TimeSpan.Zero)
            {
                _idleTimer!.Change(remaining, Timeout.InfiniteTimeSpan);
                return;
            }

            _connection = null;
            _closing = connection.DisposeAsync().AsTask();
        }

        Log.ConnectionIdle(_logger);
    }

    /// <summary>Takes one of the requests that the client may have under way; its PDU is to be written into it.</summary>
    private Turn TakeTurn()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var transaction))
                return new(this, transaction);
        }

        throw new InvalidOperationException(_options.MaxInFlight == 1
            ? "A Modbus client carries out one request at a time; the previous one is still under way."
            : $"This Modbus client carries out {_options.MaxInFlight} requests at a time, and as many are under way.");
    }

    private void GiveBack(Transaction transaction)
    {
        lock (_gate)
        {
            _free.Push(transaction);
            if (_idleTimer is null || _free.Count < _options.MaxInFlight || _isDisposed)
                return;

            _lastEnd = _time.GetTimestamp();
            _idleTimer.Change(_options.CloseAfter!.Value, Timeout.InfiniteTimeSpan);
        }
    }

    private void CheckAnswerable(ModbusUnit unit)
    {
        if (unit.Id == 0 && IsSerial)
            throw new ArgumentOutOfRangeException(nameof(unit), "Unit 0 is the broadcast on a serial line; nobody answers it, so it cannot be read.");
    }

    private static void CheckRange(ushort address, int count, int maxCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, maxCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(address + count, ModbusLimits.TableSize, nameof(count));
    }

    private readonly struct Turn(ModbusClient client, Transaction transaction) : IDisposable
    {
        public Transaction Transaction => transaction;

        public void Dispose() => client.GiveBack(transaction);
    }
}
