using System.Buffers;
using System.Collections.Concurrent;
using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.Polling;
using Gateway.Storage.Timing;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Mapping;

/// <summary>
/// Takes readings from the poll loops, maps them, and appends what is to be published to the queue, in the order of acquisition per point.
/// Neither blocks nor throws. Thread-safe.
/// </summary>
/// <param name="queue">Takes the measurements.</param>
/// <param name="values">Takes each point's newest measurement.</param>
/// <param name="memory">What points keep over restarts.</param>
/// <param name="clock">When readings were acquired by a clock that nobody sets.</param>
/// <param name="logger">Is told of values that begin anew.</param>
/// <param name="observer">Sees each measurement; null: nobody does.</param>
internal sealed class MeasurementPipeline(
    IMeasurementQueue queue,
    LastValues values,
    IPointMemory memory,
    AcquisitionClock clock,
    ILogger logger,
    IMeasurementObserver? observer = null) : IPollObserver
{
    private const int UsualBody = 256;

    // Each thread writes into its own, and the queue gets as many bytes as there are.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _body;

    private readonly ConcurrentDictionary<string, DeviceState> _states = [];
    private readonly ConcurrentDictionary<PointDefinition, PointMapper> _mappers = [];
    private readonly ConcurrentDictionary<PointDefinition, CalculatedPoint> _calculated = [];
    private readonly ConcurrentDictionary<string, PendingMessage> _pending = [];
    private readonly ConcurrentDictionary<string, long> _suppressedOf = [];
    private readonly ConcurrentDictionary<string, long> _resetsOf = [];
    private readonly Lock _telling = new();
    private volatile bool _isPerDevice;
    private Action<DeviceDefinition, DeviceState> _deviceChanged = static (_, _) => { };
    private long _suppressed;

    /// <summary>Implausible values that were not published.</summary>
    public long Suppressed => Interlocked.Read(ref _suppressed);

    /// <summary>Implausible values of a device that were not published.</summary>
    public long SuppressedOf(string device) => _suppressedOf.GetValueOrDefault(device);

    /// <summary>How often values of a device began anew, since they did not suit those before.</summary>
    public long ResetsOf(string device) => _resetsOf.GetValueOrDefault(device);

    /// <summary>A device's state; null if it was not polled yet.</summary>
    public DeviceState? StateOf(string device) => _states.GetValueOrDefault(device);

    /// <summary>Publishes for somebody new from now on, who gets every point's next value, and every device's state at once.</summary>
    /// <param name="unit">What one message carries.</param>
    /// <param name="deviceChanged">Is told of changes of a device's state.</param>
    /// <param name="devices">Those that are polled.</param>
    public void Attach(PublishUnit unit, Action<DeviceDefinition, DeviceState> deviceChanged, IEnumerable<DeviceDefinition> devices)
    {
        foreach (var pending in _pending.Values)
        {
            pending.Flush(queue);
        }

        _isPerDevice = unit == PublishUnit.Device;
        foreach (var mapper in _mappers.Values)
        {
            lock (mapper)
            {
                mapper.PublishNext();
            }
        }

        lock (_telling)
        {
            _deviceChanged = deviceChanged;
            foreach (var device in devices)
            {
                if (StateOf(device.Name) is { } state)
                {
                    deviceChanged(device, state);
                }
            }
        }
    }

    /// <summary>Nobody is told of a device's state from now on.</summary>
    public void Detach()
    {
        lock (_telling)
        {
            _deviceChanged = static (_, _) => { };
        }
    }

    public void Report(in Reading reading)
    {
        var mapper = _mappers.GetOrAdd(reading.Point, static (point, memory) => new PointMapper(point, memory), memory);
        // The lock of a point keeps its order from the mapper into the queue.
        lock (mapper)
        {
            var mapped = mapper.Map(reading, clock.Stamp(reading.Time).Uptime);
            if (mapped.IsSuppressed)
            {
                Interlocked.Increment(ref _suppressed);
                _suppressedOf.AddOrUpdate(reading.Point.DeviceName, 1, static (_, count) => count + 1);
            }

            if (mapped.IsReset)
            {
                _resetsOf.AddOrUpdate(reading.Point.DeviceName, 1, static (_, count) => count + 1);
                Log.ValueReset(logger, reading.Point.DeviceName, reading.Point.Name, mapped.Measurement.Value, reading.Point.AcceptAfter);
            }

            values.Set(mapped.Measurement);
            observer?.Observe(mapped.Measurement);
            if (mapped.IsNews)
            {
                Add(mapped.Measurement, reading.Time, reading.Point.IsUrgent);
            }
        }
    }

    public void PollFinished(DeviceDefinition device)
    {
        foreach (var point in device.Calculated)
        {
            Calculate(point);
        }

        if (_isPerDevice && _pending.TryGetValue(device.Name, out var pending))
        {
            pending.Flush(queue);
        }
    }

    public void DeviceChanged(DeviceDefinition device, DeviceState state)
    {
        lock (_telling)
        {
            _states[device.Name] = state;
            _deviceChanged(device, state);
        }
    }

    /// <summary>Forgets a device that is no longer polled.</summary>
    public void Forget(DeviceDefinition device)
    {
        _states.TryRemove(device.Name, out _);
        _pending.TryRemove(device.Name, out _);
        _suppressedOf.TryRemove(device.Name, out _);
        _resetsOf.TryRemove(device.Name, out _);
        foreach (var point in device.AllPoints)
        {
            Forget(point);
        }
    }

    /// <summary>Forgets a point that is no longer polled, or is another now.</summary>
    public void Forget(PointDefinition point)
    {
        _mappers.TryRemove(point, out _);
        _calculated.TryRemove(point, out _);
        values.Remove(point.DeviceName, point.Name);
    }

    private void Calculate(PointDefinition point)
    {
        var calculated = _calculated.GetOrAdd(point, static point => new CalculatedPoint(point));
        lock (calculated)
        {
            if (calculated.Read(values) is { } reading)
            {
                Report(reading);
            }
        }
    }

    private void Add(in Measurement measurement, DateTimeOffset time, bool isUrgent)
    {
        if (_isPerDevice)
        {
            _pending.GetOrAdd(measurement.Device, static device => new PendingMessage(device)).Add(measurement, time, isUrgent, queue);
            return;
        }

        var body = _body ??= new ArrayBufferWriter<byte>(UsualBody);
        MeasurementCodec.WriteHeader(body);
        MeasurementCodec.Write(body, measurement);
        queue.Append(measurement.Time, measurement.Device, measurement.Point, body.WrittenSpan.ToArray(), isUrgent);
        body.ResetWrittenCount();
        _body = body.Capacity > UsualBody ? null : body;
    }

    /// <summary>What one poll of a device has brought so far.</summary>
    private sealed class PendingMessage(string device)
    {
        private const int LongestBody = 1 << 15;

        private readonly Lock _gate = new();
        private ArrayBufferWriter<byte>? _body;
        private DateTimeOffset _time;
        private bool _isUrgent;

        public void Add(in Measurement measurement, DateTimeOffset time, bool isUrgent, IMeasurementQueue queue)
        {
            lock (_gate)
            {
                // A poll with many long texts becomes several messages rather than one that the queue refuses.
                if (_body?.WrittenCount > LongestBody)
                {
                    Flush(queue);
                }

                if (_body is null)
                {
                    _body = new ArrayBufferWriter<byte>(256);
                    (_time, _isUrgent) = (time, false);
                    MeasurementCodec.WriteHeader(_body);
                }

                _isUrgent |= isUrgent;
                MeasurementCodec.Write(_body, measurement);
            }
        }

        public void Flush(IMeasurementQueue queue)
        {
            lock (_gate)
            {
                if (_body is not null)
                {
                    queue.Append(_time, device, "", _body.WrittenMemory, _isUrgent);
                    _body = null;
                }
            }
        }
    }
}
