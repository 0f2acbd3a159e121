using System.Runtime.CompilerServices;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;

namespace Gateway.Modbus.Client;

/// <summary>
/// Modbus TCP: any number of requests under way, told apart by their transaction ids, which also tell a late answer
/// from one that is waited for. Callers go on within the receiving loop, and what they send next goes out in one piece
/// when all that was received is handled.
/// </summary>
internal sealed class TcpConnection : ClientConnection
{
    /// <summary>
    /// After so many time-outs without a single frame between them the connection is taken for dead: a peer that
    /// vanished without closing is found again by a new connection only.
    /// </summary>
    private const int MaxSilentTimeouts = 3;

    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Transaction> _pending;
    private readonly Action<object?, CancellationToken> _onCancelled;
    private readonly Task _receiving;
    private Task _sending = Task.CompletedTask;
    private byte[] _outgoing;
    private byte[] _leaving;
    private int _outgoingLength;
    private bool _isSending;
    private ushort _lastId;
    private long _timerDue = long.MaxValue;
    private int _silentTimeouts;
    private Exception? _fault;

    /// <summary>Takes the stream over and begins to read.</summary>
    public TcpConnection(Stream stream, int maxInFlight, TimeProvider time)
    {
        _stream = stream;
        _time = time;
        _pending = new(maxInFlight);
        _outgoing = new byte[(maxInFlight + MaxSilentTimeouts) * MbapHeader.MaxFrameLength];
        _leaving = new byte[_outgoing.Length];
        _onCancelled = OnCancelled;
        _timer = time.CreateTimer(static connection => ((TcpConnection)connection!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _receiving = ReceiveAsync();
    }

    public override Exception? Fault
    {
        get
        {
            lock (_gate)
                return _fault;
        }
    }

    public override ValueTask<ModbusResult> ExecuteAsync(Transaction transaction, TimeSpan responseTimeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ModbusResult>(cancellationToken);

        var mustSend = false;
        lock (_gate)
        {
            if (_fault is not null)
                return ValueTask.FromException<ModbusResult>(_fault);
            if (_outgoingLength + MbapHeader.MaxFrameLength > _outgoing.Length)
                return ValueTask.FromException<ModbusResult>(new IOException("The line did not accept the bytes in time."));

            transaction.BeginWait();
            transaction.Id = ++_lastId;
            transaction.Timeout = responseTimeout;
            RestartClock(transaction);
            _pending.Add(transaction);
            ArmTimer(transaction.Deadline);
            Append(transaction);
            (mustSend, _isSending) = (!_isSending, true);
        }

        if (mustSend)
            _sending = SendAsync().AsTask();
        if (cancellationToken.CanBeCanceled)
            transaction.CancelBy(_onCancelled, cancellationToken);
        return transaction.Task;
    }

    public override async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _stream.DisposeAsync();
        await _receiving;
        await _sending;
        await _timer.DisposeAsync();
        _closing.Dispose();
    }

    private void Append(Transaction transaction)
    {
        var pdu = transaction.RequestPdu;
        var frame = _outgoing.AsSpan(_outgoingLength);
        new MbapHeader(transaction.Id, transaction.Unit.Id, pdu.Length).Write(frame);
        pdu.CopyTo(frame[MbapHeader.Length..]);
        _outgoingLength += MbapHeader.Length + pdu.Length;
    }

    /// <summary>Sends what is there, and what comes up meanwhile. One at a time: by whom set <see cref="_isSending"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync()
    {
        try
        {
            while (TakeOutgoing(out var bytes))
            {
                await _stream.WriteAsync(bytes, _closing.Token);
                await _stream.FlushAsync(_closing.Token);
            }
        }
        catch (Exception e) when (IsFaultOfStream(e))
        {
            Fail(e);
        }
    }

    private bool TakeOutgoing(out ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            (_outgoing, _leaving) = (_leaving, _outgoing);
            bytes = _leaving.AsMemory(0, _outgoingLength);
            _outgoingLength = 0;
            return _isSending = !bytes.IsEmpty;
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[Math.Max(2, _pending.Capacity) * MbapHeader.MaxFrameLength];
        var length = 0;
        try
        {
            int count;
            while ((count = await _stream.ReadAsync(buffer.AsMemory(length), _closing.Token)) > 0)
            {
                length += count;
                var holdsBack = HoldBack();
                var used = Handle(buffer.AsSpan(0, length));
                buffer.AsSpan(used, length - used).CopyTo(buffer);
                length -= used;
                if (holdsBack)
                    _sending = SendAsync().AsTask();
            }

            Fail(new EndOfStreamException("The other side closed the connection."));
        }
        catch (Exception e) when (IsFaultOfStream(e))
        {
            Fail(e);
        }
    }

    /// <summary>Makes what callers send wait; false if somebody is sending already.</summary>
    private bool HoldBack()
    {
        lock (_gate)
        {
            var isFree = !_isSending;
            _isSending = true;
            return isFree;
        }
    }

    /// <summary>Handles all whole frames; returns how many bytes they have.</summary>
    private int Handle(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (bytes.Length - used >= MbapHeader.Length)
        {
            if (!MbapHeader.TryRead(bytes[used..], out var header))
                throw new IOException("The other side sent bytes that are no Modbus TCP.");

            var end = used + MbapHeader.Length + header.PduLength;
            if (bytes.Length < end)
                break;

            if (Answered(header.TransactionId) is { } transaction)
            {
                var pdu = bytes[(used + MbapHeader.Length)..end];
                var match = header.UnitId == transaction.Unit.Id ? transaction.Match(pdu) : ResponseMatch.No;
                transaction.End(transaction.Accept(match, pdu));
            }

            used = end;
        }

        return used;
    }

    // Null: nobody waits for it any more.
    private Transaction? Answered(ushort id)
    {
        lock (_gate)
        {
            _silentTimeouts = 0;
            var index = 0;
            while (index < _pending.Count && _pending[index].Id != id)
                index++;
            if (index == _pending.Count)
                return null;

            // A device that serves one after the other takes its time for each: what waited behind this one begins to wait now.
            for (var i = index + 1; i < _pending.Count; i++)
                RestartClock(_pending[i]);
            var answered = _pending[index];
            _pending.RemoveAt(index);
            return answered;
        }
    }

    private void RestartClock(Transaction transaction) =>
        transaction.Deadline = _time.GetTimestamp() + (long)(transaction.Timeout.TotalSeconds * _time.TimestampFrequency);

    // The timer stays armed when answers come, so that it need not be set for each request: it looks again when it fires.
    private void ArmTimer(long deadline)
    {
        if (deadline >= _timerDue)
            return;

        _timerDue = deadline;
        var remaining = _time.GetElapsedTime(_time.GetTimestamp(), deadline);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(remaining.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        Transaction[] expired;
        lock (_gate)
        {
            _timerDue = long.MaxValue;
            var now = _time.GetTimestamp();
            expired = [.. _pending.Where(transaction => transaction.Deadline <= now)];
            _pending.RemoveAll(transaction => transaction.Deadline <= now);
            foreach (var transaction in _pending)
                ArmTimer(transaction.Deadline);
            if (expired.Length > 0 && ++_silentTimeouts >= MaxSilentTimeouts)
                _fault ??= new IOException($"The connection gave no answer {MaxSilentTimeouts} times in a row.");
        }

        foreach (var transaction in expired)
            transaction.End(new ModbusResult(ModbusStatus.Timeout));
        if (Fault is { } fault)
            Fail(fault);
    }

    private void OnCancelled(object? state, CancellationToken cancelled)
    {
        var transaction = (Transaction)state!;
        lock (_gate)
        {
            if (!_pending.Remove(transaction))
                return;
        }

        transaction.End(new OperationCanceledException(cancelled));
    }

    private void Fail(Exception reason)
    {
        Transaction[] pending;
        IOException fault;
        lock (_gate)
        {
            _fault ??= reason as IOException ?? new IOException("The line is closed.", reason);
            fault = (IOException)_fault;
            pending = [.. _pending];
            _pending.Clear();
        }

        foreach (var transaction in pending)
            transaction.End(fault);
    }

    private static bool IsFaultOfStream(Exception e) =>
        e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
