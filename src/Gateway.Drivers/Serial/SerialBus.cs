using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Serial;

/// <summary>
/// The devices on one serial line. What comes is heard by all of them, each with its own frames: those that speak by
/// themselves, and the one that was asked.
/// </summary>
internal sealed class SerialBus : IListeningBus, IReloadableBus, ILineListener
{
    /// <summary>The silence behind a request that was not answered in time: what comes before it belongs to nobody.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan MaxSettleTime = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider;
    private readonly ErrorCounts _errors;
    private readonly TimeSpan _pause;
    private readonly Action<TimeSpan> _progress;
    private readonly SerialLine _line;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SerialDevice> _devices = [];
    private readonly Dictionary<string, (FrameListener Ear, SpeakingDevice Device)> _speaking = [];
    private readonly Dictionary<string, FrameListener> _answering = [];
    private TaskCompletionSource _reloaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IListeningSink? _sink;
    private FrameListener? _asked;
    private Transaction? _transaction;
    private ExpectedAnswer? _expected;
    private long? _lastByte;
    private long? _lastAnswer;
    private bool _isUnsettled;

    /// <param name="definition">A valid definition.</param>
    /// <param name="open">Opens the port.</param>
    /// <param name="context">The clock and the log.</param>
    public SerialBus(BusDefinition definition, Func<CancellationToken, ValueTask<Stream>> open, DriverContext context)
    {
        _timeProvider = context.TimeProvider;
        _errors = context.Errors;
        _pause = definition.Settings.Get<TimeSpan>("pause");
        _progress = context.Progress;
        _line = new SerialLine(definition.Name, (int)definition.Settings.Get<long>("baud"), open, this, _timeProvider, context.Logger);
        foreach (var device in definition.Devices)
        {
            Add(device);
        }
    }

    /// <summary>Bytes that have come over the line and were handled.</summary>
    public long Received { get; private set; }

    /// <summary>UTC.</summary>
    public DateTimeOffset Now => _timeProvider.GetUtcNow();

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => new SerialReader(this, _devices[device.Name], points);

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        var device = _devices[point.DeviceName];
        var write = device.Writes[point];
        if (write.Template.TryFill(point, value, out var command) is { } refusal)
        {
            return new WriteOutcome(refusal);
        }

        if (Open() is { } closed)
        {
            return new WriteOutcome($"the bus failed ({closed})") { Failure = WriteFailure.BusFailed };
        }

        _progress(_pause + device.Timeout);
        await RestAsync(cancellationToken);
        var expected = write.Answer.Length > 0 ? new ExpectedAnswer(write.Answer) : null;
        lock (_gate)
        {
            _expected = expected;
        }

        try
        {
            if (await _line.WriteAsync(command, cancellationToken) is { } fault)
            {
                return new WriteOutcome($"the bus failed ({fault})") { Failure = WriteFailure.BusFailed };
            }

            await (expected?.Came.WaitAsync(device.Timeout, _timeProvider, cancellationToken) ?? Task.CompletedTask);
            return WriteOutcome.Done;
        }
        catch (TimeoutException)
        {
            _errors.Count(point.DeviceName, SerialReasons.Timeout);
            lock (_gate)
            {
                var heard = expected!.Heard is { Length: > 0 } text ? $", but said '{text}'" : "";
                return new WriteOutcome($"the device did not confirm it within {device.Timeout.TotalSeconds:0.###} s{heard}; it may have been written all the same") { Failure = WriteFailure.NoAnswer };
            }
        }
        finally
        {
            // What it says to a command is no answer to the next request.
            _isUnsettled = true;
            _lastAnswer = _timeProvider.GetTimestamp();
            lock (_gate)
            {
                _expected = null;
            }
        }
    }

    public async Task ListenAsync(IListeningSink sink, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _sink = sink;
        }

        try
        {
            if (_speaking.Count > 0)
            {
                _line.Start();
            }

            while (true)
            {
                var wait = MissSilent(out var reloaded);
                await reloaded.WaitAsync(wait, _timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            lock (_gate)
            {
                _sink = null;
            }
        }
    }

    public ValueTask ReloadAsync(BusDefinition definition, CancellationToken cancellationToken)
    {
        bool isListening;
        lock (_gate)
        {
            foreach (var device in _devices.Values.Where(device => !definition.Devices.Contains(device.Definition)).ToList())
            {
                Remove(device.Definition.Name);
            }

            foreach (var device in definition.Devices.Where(device => !_devices.ContainsKey(device.Name)))
            {
                Add(device);
            }

            isListening = _sink is not null && _speaking.Count > 0;
            _reloaded.SetResult();
            _reloaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (isListening)
        {
            _line.Start();
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _line.DisposeAsync();
        foreach (var ear in _speaking.Values.Select(speaking => speaking.Ear).Concat(_answering.Values))
        {
            ear.Dispose();
        }
    }

    /// <summary>Whether the port serves; opens it if it was not used yet.</summary>
    /// <returns>Null, or why not.</returns>
    public string? Open()
    {
        _line.Start();
        return _line.Fault;
    }

    /// <summary>How a device that speaks by itself is; it is one.</summary>
    public ReadOutcome Look(SerialDevice device)
    {
        lock (_gate)
        {
            var speaking = _speaking[device.Definition.Name].Device;
            return speaking.MissedReason is { } reason ? new ReadOutcome(ReadStatus.NoAnswer, reason)
                : speaking.IsHeard ? ReadOutcome.Answered
                : new ReadOutcome(ReadStatus.Listening, null);
        }
    }

    /// <summary>Asks a device.</summary>
    /// <returns>The answer; or null, and why there is none.</returns>
    public async ValueTask<(Answer? Answer, string? Reason)> AskAsync(
        SerialDevice device, ReadOnlyMemory<byte> request, IReadOnlyCollection<PointDefinition> points, CancellationToken cancellationToken)
    {
        _progress(_pause + device.Timeout);
        await RestAsync(cancellationToken);
        var ear = _answering[device.Definition.Name];
        var transaction = new Transaction(points);
        lock (_gate)
        {
            ear.Reset();
            (_asked, _transaction) = (ear, transaction);
        }

        try
        {
            if (await _line.WriteAsync(request, cancellationToken) is { } fault)
            {
                return (null, fault);
            }

            var answer = await transaction.Answered.WaitAsync(device.Timeout, _timeProvider, cancellationToken);
            return (answer, answer is null ? _line.Fault ?? PortReasons.Disconnected : null);
        }
        catch (TimeoutException)
        {
            _isUnsettled = true;
            lock (_gate)
            {
                // What was damaged is counted as such already.
                var reason = ear.Damaged > 0 ? SerialReasons.Checksum : ear.Strange > 0 ? SerialReasons.NoMatch : SerialReasons.Timeout;
                if (ear.Damaged == 0)
                {
                    _errors.Count(device.Definition.Name, reason);
                }

                return (null, reason);
            }
        }
        finally
        {
            _lastAnswer = _timeProvider.GetTimestamp();
            lock (_gate)
            {
                (_asked, _transaction) = (null, null);
            }
        }
    }

    void ILineListener.OnOpened()
    {
        lock (_gate)
        {
            foreach (var (ear, device) in _speaking.Values)
            {
                ear.Reset();
                device.OnOpened();
            }
        }
    }

    void ILineListener.OnReceived(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _lastByte = _timeProvider.GetTimestamp();
            foreach (var (ear, _) in _speaking.Values)
            {
                ear.Receive(bytes);
            }

            _asked?.Receive(bytes);
            _expected?.Receive(bytes);
            Received += bytes.Length;
        }
    }

    void ILineListener.OnFault(string reason)
    {
        lock (_gate)
        {
            _transaction?.Abandon();
            foreach (var (_, device) in _speaking.Values)
            {
                device.OnMissed(reason, _sink);
            }
        }
    }

    private void Add(DeviceDefinition definition)
    {
        var diagnostics = new List<Diagnostic>();
        var device = SerialDeviceParser.Parse(definition, diagnostics) ?? throw new ArgumentException(string.Join("; ", diagnostics), nameof(definition));
        _devices[definition.Name] = device;
        if (device.Told.Any())
        {
            _speaking[definition.Name] = (new FrameListener(device, OnSpoken, OnDamaged, OnMaybeIdle, _timeProvider), new SpeakingDevice(device, _timeProvider));
        }

        if (device.Requests.Count > 0)
        {
            _answering[definition.Name] = new FrameListener(device, OnAnswered, OnDamaged, OnMaybeIdle, _timeProvider);
        }
    }

    private void Remove(string name)
    {
        _devices.Remove(name);
        if (_speaking.Remove(name, out var speaking))
        {
            speaking.Ear.Dispose();
        }

        if (_answering.Remove(name, out var answering))
        {
            answering.Dispose();
        }
    }

    private void OnSpoken(FrameListener ear, IReadOnlyList<DecodedValue> values, DateTimeOffset time)
    {
        ear.ResetCounts();
        _speaking[ear.Device.Definition.Name].Device.OnHeard(values, time, _sink);
    }

    private void OnAnswered(FrameListener ear, IReadOnlyList<DecodedValue> values, DateTimeOffset time) => _transaction?.OnHeard(values, time);

    private void OnDamaged(FrameListener ear) => _errors.Count(ear.Device.Definition.Name, SerialReasons.Checksum);

    private void OnMaybeIdle(FrameListener ear)
    {
        lock (_gate)
        {
            ear.OnIdle();
        }
    }

    // Tells who has been silent for too long. Answers when to look again.
    private TimeSpan MissSilent(out Task reloaded)
    {
        var next = TimeSpan.FromMinutes(1);
        lock (_gate)
        {
            reloaded = _reloaded.Task;
            foreach (var (ear, device) in _speaking.Values)
            {
                if (device.Patience is not { } patience)
                {
                    continue;
                }

                if (patience <= TimeSpan.Zero)
                {
                    var reason = ear.Damaged > 0 ? SerialReasons.Checksum : SerialReasons.Silent;
                    _errors.Count(device.Name, reason);
                    device.OnMissed(reason, _sink);
                }
                else if (patience < next)
                {
                    next = patience;
                }
            }
        }

        // A timer counts whole milliseconds.
        return next + TimeSpan.FromMilliseconds(1);
    }

    private async ValueTask RestAsync(CancellationToken cancellationToken)
    {
        if (_lastAnswer is { } last && _pause > TimeSpan.Zero && _pause - _timeProvider.GetElapsedTime(last) is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left, _timeProvider, cancellationToken);
        }

        var began = _timeProvider.GetTimestamp();
        while (_isUnsettled && _timeProvider.GetElapsedTime(began) < MaxSettleTime && Noise() is { } noise && noise < SettleTime)
        {
            await Task.Delay(SettleTime - noise, _timeProvider, cancellationToken);
        }

        _isUnsettled = false;
    }

    private TimeSpan? Noise()
    {
        lock (_gate)
        {
            return _lastByte is { } last ? _timeProvider.GetElapsedTime(last) : null;
        }
    }
}
