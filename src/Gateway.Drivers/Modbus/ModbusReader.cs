using System.Runtime.CompilerServices;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// Reads some points of one device. A request that the device refuses for its range is split until only the points
/// that it does not have are left alone; after a while the range is tried whole again.
/// </summary>
/// <remarks>
/// While the device answers, one request without an answer costs its own points only: some devices are silent where
/// others refuse. Two in a row, or the first one of a device that was silent before, end the read, so that a dead
/// device holds its neighbours up no longer than it must.
/// </remarks>
internal sealed class ModbusReader : IPointReader
{
    /// <summary>How long a split lasts: a device that was being configured, or restarted, gets its long requests back.</summary>
    internal static readonly TimeSpan SplitLifetime = TimeSpan.FromMinutes(10);

    private readonly ModbusLine _line;
    private readonly ModbusDevice _device;
    private readonly TimeProvider _timeProvider;
    private readonly ModbusReadRequest[] _planned;
    private readonly List<ModbusReadRequest> _requests;
    private bool _wasSilent;
    private long? _splitSince;

    public ModbusReader(ModbusLine line, ModbusDevice device, IReadOnlyList<ModbusPoint> points, TimeProvider timeProvider)
    {
        _line = line;
        _device = device;
        _timeProvider = timeProvider;
        var plan = device.Plan(points);
        _planned =
        [
            .. points
                .Select((point, i) => (Point: point, plan.Locations[i].Request))
                .GroupBy(located => located.Request, located => located.Point)
                .OrderBy(group => group.Key)
                .Select(group => new ModbusReadRequest(plan.Requests[group.Key], group.OrderBy(point => point.Range.Address))),
        ];
        _requests = [.. _planned];
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
    {
        ForgetOldSplits();
        string? silence = null;
        var hasAnswered = false;
        var silentInARow = 0;
        for (var i = 0; i < _requests.Count; i++)
        {
            // One who was silent gets no second chance within a read: repeats are for what goes wrong now and then.
            var answer = await _line.ReadAsync(_device.Unit, _requests[i].Range, _wasSilent ? 0 : _device.Retries, cancellationToken);
            var time = _timeProvider.GetUtcNow();
            if (answer.IsSuccess)
            {
                _requests[i].ReportGood(_line, time, sink);
            }
            else if (answer.IsRangeRefused && _requests[i].CanSplit)
            {
                Split(i--);
            }
            else
            {
                _requests[i].ReportBad(answer.Reason, time, sink);
            }

            silence = answer.IsFromDevice ? silence : answer.Reason;
            hasAnswered |= answer.IsFromDevice;
            _wasSilent &= !answer.IsFromDevice;
            silentInARow = answer.IsFromDevice ? 0 : silentInARow + 1;
            if (answer.LineFault is not null || (silentInARow > 0 && _wasSilent) || silentInARow > 1)
            {
                return GiveUp(i, answer, time, sink);
            }
        }

        _wasSilent = !hasAnswered;
        return hasAnswered ? ReadOutcome.Answered : new ReadOutcome(ReadStatus.NoAnswer, silence);
    }

    private ReadOutcome GiveUp(int last, in ModbusAnswer answer, DateTimeOffset time, IReadingSink sink)
    {
        for (var i = last + 1; i < _requests.Count; i++)
        {
            _requests[i].ReportBad(answer.Reason, time, sink);
        }

        if (answer.LineFault is not null)
        {
            return new ReadOutcome(ReadStatus.BusFailed, answer.Reason);
        }

        // The next read begins with another request, in case this one is among those that are never answered.
        _wasSilent = true;
        var first = _requests[0];
        _requests.RemoveAt(0);
        _requests.Add(first);
        return new ReadOutcome(ReadStatus.NoAnswer, answer.Reason);
    }

    private void Split(int index)
    {
        var refused = _requests[index];
        _requests.RemoveAt(index);
        _requests.InsertRange(index, refused.Split());
        _splitSince ??= _timeProvider.GetTimestamp();
    }

    private void ForgetOldSplits()
    {
        if (_splitSince is { } since && _timeProvider.GetElapsedTime(since) >= SplitLifetime)
        {
            _requests.Clear();
            _requests.AddRange(_planned);
            _splitSince = null;
        }
    }
}
