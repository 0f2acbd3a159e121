using Gateway.Drivers.Serial.Framing;

namespace Gateway.Drivers.Serial;

/// <summary>
/// One device's ear: finds its frames in all that comes over the line and reads them. Not thread-safe: its owner holds
/// a lock, which it also takes for <see cref="OnIdle"/>.
/// </summary>
internal sealed class FrameListener : IFrameSink, IDisposable
{
    private readonly FrameScanner _scanner;
    private readonly IFrameDecoder _decoder;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan? _idleTime;
    private readonly Action<FrameListener, IReadOnlyList<DecodedValue>, DateTimeOffset> _heard;
    private readonly Action<FrameListener> _damaged;
    private readonly List<DecodedValue> _values = [];
    private readonly ITimer? _idleTimer;
    private long _lastByte;

    /// <param name="device">Whose frames.</param>
    /// <param name="heard">Takes what each frame says that says anything, and when it came.</param>
    /// <param name="damaged">Is told of each frame that is damaged.</param>
    /// <param name="idle">Is called, on any thread, when the line may be idle; its receiver calls <see cref="OnIdle"/> under the lock.</param>
    /// <param name="timeProvider">The clock.</param>
    public FrameListener(
        SerialDevice device,
        Action<FrameListener, IReadOnlyList<DecodedValue>, DateTimeOffset> heard,
        Action<FrameListener> damaged,
        Action<FrameListener> idle,
        TimeProvider timeProvider)
    {
        Device = device;
        _scanner = new FrameScanner(device.Layout);
        _decoder = device.CreateDecoder();
        _timeProvider = timeProvider;
        _idleTime = device.Layout.IdleTime;
        _heard = heard;
        _damaged = damaged;
        _idleTimer = _idleTime is null ? null : timeProvider.CreateTimer(_ => idle(this), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public SerialDevice Device { get; }

    /// <summary>Frames that were damaged, and bytes without end, since <see cref="Reset"/>.</summary>
    public int Damaged { get; private set; }

    /// <summary>Frames that were intact and said nothing of the device's points, since <see cref="Reset"/>.</summary>
    public int Strange { get; private set; }

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        _lastByte = _timeProvider.GetTimestamp();
        _idleTimer?.Change(_idleTime!.Value, Timeout.InfiniteTimeSpan);
        _scanner.Push(bytes, this);
    }

    /// <summary>Ends what silence ends, unless bytes came meanwhile.</summary>
    public void OnIdle()
    {
        if (_timeProvider.GetElapsedTime(_lastByte) >= _idleTime)
        {
            _scanner.Idle(this);
        }
    }

    /// <summary>Forgets what has come.</summary>
    public void Reset()
    {
        _scanner.Reset();
        (Damaged, Strange) = (0, 0);
    }

    /// <summary>Begins to count anew.</summary>
    public void ResetCounts() => (Damaged, Strange) = (0, 0);

    public void Dispose() => _idleTimer?.Dispose();

    void IFrameSink.OnFrame(ReadOnlySpan<byte> frame)
    {
        var time = _timeProvider.GetUtcNow();
        _values.Clear();
        try
        {
            _decoder.Decode(frame, time, _values);
        }
#pragma warning disable CA1031 // Whatever a decoder overlooked, it costs one frame: thrown on, it would be taken for a fault of the port, or end the process from the timer.
        catch (Exception)
#pragma warning restore CA1031
        {
            _values.Clear();
            _values.AddRange(Device.Definition.Points.Where(SerialDevice.IsRead).Select(point => DecodedValue.Bad(point, SerialReasons.DecoderError)));
        }

        if (_values.Count == 0)
        {
            Strange++;
        }
        else
        {
            _heard(this, _values, time);
        }
    }

    void IFrameSink.OnDamaged()
    {
        Damaged++;
        _damaged(this);
    }
}
