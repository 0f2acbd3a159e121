using System.Buffers;
using System.IO.Pipelines;
using Gateway.Mqtt.Codec;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Session;

namespace Gateway.Mqtt.Client;

/// <summary>
/// One network connection of a client: reads, writes and keeps time, each in a loop of its own, until one of them or the
/// session ends it. State changes under the client's lock only; effects are carried out after its release.
/// <para>What a batch of received packets yields, the publishes of its completions among it, the reader writes itself in one
/// piece. It never waits for that, since a server may read no more before it is read from: the writer takes over.</para>
/// </summary>
internal sealed class ClientConnection : IDisposable
{
    private static readonly TimeSpan LastWriteTimeout = TimeSpan.FromSeconds(2);

    private readonly ClientCore _core;
    private readonly Uri _server;
    private readonly Stream _stream;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _output = new(0, 1);
    private readonly TaskCompletionSource<ConnAckPacket> _handshake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<SessionEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ClientSession> _afterWrite;
    private readonly Action<ClientSession> _afterReadersWrite;
    private bool _isWriterIdle;
    private bool _isCorked;
    private Task? _begun;
    private volatile bool _isFinishing;

    public ClientConnection(ClientCore core, Uri server, Stream stream, AuthenticationRun? authentication)
    {
        _core = core;
        _server = server;
        _stream = stream;
        Authentication = authentication;
        _afterWrite = AfterWrite;
        _afterReadersWrite = AfterReadersWrite;
    }

    /// <summary>The exchange that AUTH and CONNACK belong to; replaced under the client's lock by a re-authentication.</summary>
    public AuthenticationRun? Authentication { get; set; }

    public Uri Server => _server;

    /// <summary>CONNACK, accepted or refused; fails with <see cref="MqttException"/> if the connection ends before it.</summary>
    public Task<ConnAckPacket> Handshake => _handshake.Task;

    /// <summary>Runs the connection to its end.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<SessionEnd> RunAsync(ConnectPacket connect)
    {
        var effects = _core.Enter(session => session.Connect(connect, _core.Now));
        await CarryOutAsync(effects);
        var reading = ReadAsync();
        var writing = WriteAsync();
        var timing = KeepTimeAsync();
        await Task.WhenAny(_end.Task, reading, writing, timing);

        // Whatever ended it, what the session has still to say (a DISCONNECT) gets its chance.
        Finish();
        await Task.WhenAny(writing, Task.Delay(LastWriteTimeout, _core.TimeProvider, _stop.Token));
        await _stop.CancelAsync();
        await _stream.DisposeAsync();
        await Task.WhenAll(reading, writing, timing);
        await (_begun ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var end = await EndOfAsync(reading, writing);
        await CarryOutAsync(_core.Enter(session =>
        {
            end = end with { IsFruitless = session.IsFruitless };
            session.ConnectionLost(end.MayBeForAMessage ? _core.Now : null);
            _core.Effects.OutputLost();
        }));
        _handshake.TrySetException(new MqttException($"Cannot connect to {_server}: {end.Message}"));
        _ = _handshake.Task.Exception;
        return end;
    }

    /// <summary>The output has bytes. Called under the client's lock. While a received batch is dealt with they wait for its end.</summary>
    public void Wake()
    {
        if (!_isCorked || _core.Effects.IsOutputFull)
        {
            WakeWriter();
        }
    }

    /// <summary>A received batch is dealt with: writes what has gathered, unless the writer is at it. Waits for nothing.</summary>
    public void Uncork()
    {
        ReadOnlyMemory<byte> bytes;
        lock (_core.Gate)
        {
            _isCorked = false;
            if (!_isWriterIdle || _core.Effects.Buffer.Length == 0)
            {
                return;
            }

            _isWriterIdle = false;
            bytes = _core.Effects.TakeOutput();
        }

        var sending = SendAsync(bytes);
        if (sending.IsCompletedSuccessfully)
        {
            _core.CarryOut(_core.Enter(_afterReadersWrite));
        }
        else
        {
            _begun = sending.AsTask();
            _output.Release();
        }
    }

    public void HandshakeEnded(ConnAckPacket packet) => _handshake.TrySetResult(packet);

    public void SessionEnded(SessionEnd end) => _end.TrySetResult(end);

    public void Dispose()
    {
        _stop.Dispose();
        _output.Dispose();
    }

    private async Task<SessionEnd> EndOfAsync(Task<string?> reading, Task<string?> writing)
    {
        if (_end.Task.IsCompleted)
        {
            return await _end.Task;
        }

        var message = await writing ?? await reading ?? "The server closed the connection.";
        return new SessionEnd(ReasonCode.UnspecifiedError, message);
    }

    // Each loop answers with what broke the network, or null.
    private async Task<string?> ReadAsync()
    {
        var reader = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true));
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(_stop.Token);
                var effects = Receive(result.Buffer, out var consumed, out var needsMore);
                reader.AdvanceTo(consumed, needsMore ? result.Buffer.End : consumed);
                await CarryOutAsync(effects);
                Uncork();
                if ((result.IsCompleted && needsMore) || _end.Task.IsCompleted || _isFinishing)
                {
                    return null;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or System.Net.WebSockets.WebSocketException)
        {
            return $"The connection failed: {exception.Message}";
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    // What stands behind an AUTH or CONNACK waits until the authentication method has judged it.
    private List<ClientEffect> Receive(in ReadOnlySequence<byte> buffer, out SequencePosition consumed, out bool needsMore)
    {
        using var reader = new PacketReader(buffer, _core.Options.ProtocolVersion, _core.Options.MaximumPacketSize);
        lock (_core.Gate)
        {
            var status = DecodeStatus.Complete;
            while (!_core.Session.IsAwaitingAuthentication && (status = reader.Read(out var frame)) == DecodeStatus.Complete)
            {
                _core.Session.Receive(frame, _core.Now);
            }

            if (status == DecodeStatus.Malformed)
            {
                _core.Session.ReceiveMalformed(reader.Error, _core.Now);
            }

            consumed = reader.Consumed;
            needsMore = status == DecodeStatus.Incomplete;
            _isCorked = true;
            return _core.Leave();
        }
    }

    /// <summary>Has the authentication method judge what the server sent.</summary>
    public async ValueTask AuthenticateAsync(ReadOnlyMemory<byte>? data, bool isLast)
    {
        List<ClientEffect> effects;
        try
        {
            if (isLast)
            {
                await Authentication!.FinishAsync(data, _stop.Token);
                effects = _core.Enter(session => session.FinishAuthentication(_core.Now));
            }
            else
            {
                var answer = await Authentication!.ContinueAsync(data, _stop.Token);
                effects = _core.Enter(session => session.ContinueAuthentication(answer, _core.Now));
            }
        }
        catch (MqttException exception)
        {
            effects = _core.Enter(session => session.FailAuthentication(exception.Message, _core.Now));
        }

        await CarryOutAsync(effects);
    }

    private async Task<string?> WriteAsync()
    {
        try
        {
            while (true)
            {
                ReadOnlyMemory<byte> bytes;
                lock (_core.Gate)
                {
                    bytes = _core.Effects.TakeOutput();
                    _isWriterIdle = bytes.IsEmpty && !_isFinishing;
                }

                if (!bytes.IsEmpty)
                {
                    await SendAsync(bytes);
                    await CarryOutAsync(_core.Enter(_afterWrite));
                }
                else if (_isFinishing)
                {
                    return null;
                }
                else
                {
                    await _output.WaitAsync(_stop.Token);
                    if (Interlocked.Exchange(ref _begun, null) is { } begun)
                    {
                        await begun;
                        await CarryOutAsync(_core.Enter(_afterWrite));
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or System.Net.WebSockets.WebSocketException)
        {
            return $"The connection failed: {exception.Message}";
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes, _stop.Token);
        await _stream.FlushAsync(_stop.Token);
    }

    private void AfterWrite(ClientSession session)
    {
        _core.Effects.OutputWritten();
        session.Pump(_core.Now);
    }

    // What has come meanwhile is the writer's, so that the reader gets back to reading.
    private void AfterReadersWrite(ClientSession session)
    {
        AfterWrite(session);
        _isWriterIdle = true;
        if (_isFinishing)
        {
            WakeWriter();
        }
    }

    private void WakeWriter()
    {
        if (_isWriterIdle)
        {
            _isWriterIdle = false;
            _output.Release();
        }
    }

    private async Task KeepTimeAsync()
    {
        try
        {
            // Up to CONNACK there is one deadline; after it the deadline is the keep-alive's, which moves.
            await Task.WhenAny(_handshake.Task, DelayToDeadlineAsync());
            while (true)
            {
                await CarryOutAsync(_core.Enter(session =>
                {
                    // While received messages wait for room nothing is read, PINGRESP included.
                    if (_core.IsReceivingPaused)
                    {
                        session.PauseReceiving(_core.Now);
                    }

                    session.Tick(_core.Now);
                }));
                await DelayToDeadlineAsync();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private Task DelayToDeadlineAsync()
    {
        TimeSpan delay;
        lock (_core.Gate)
        {
            var deadline = _core.Session.NextDeadline;
            delay = deadline == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : deadline - _core.Now;
        }

        // What is sent meanwhile has a deadline too.
        if (_core.Options.AcknowledgeTimeout / 4 is { } look && (delay == Timeout.InfiniteTimeSpan || look < delay))
        {
            delay = look;
        }

        // A timer may be up to a millisecond early.
        return Task.Delay(
            delay == Timeout.InfiniteTimeSpan ? delay : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(delay.TotalMilliseconds))),
            _core.TimeProvider,
            _stop.Token);
    }

    private void Finish()
    {
        lock (_core.Gate)
        {
            _isFinishing = true;
            _core.Closing();
            WakeWriter();
        }
    }

    private ValueTask CarryOutAsync(List<ClientEffect> effects) => _core.CarryOutAsync(effects, this, _stop.Token);
}
