using System.Runtime.CompilerServices;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// Reads some points of one device. A request that the device refuses for its range is split until only the points
/// that it does not have are left alone; what is learnt by that is for all readers of the device.
/// </summary>
/// <remarks>
/// While the device answers, one request without an answer costs its own points only: some devices are silent where
/// others refuse. Two in a row, or the first one of a device that was silent before, end the read, so that a dead
/// device holds its neighbours up no longer than it must.
/// </remarks>
internal sealed class ModbusReader : IPointReader
{
    private readonly ModbusLine _line;
    private readonly DeviceMemory _memory;
    private readonly IReadOnlyList<ModbusPoint> _points;
    private readonly TimeProvider _timeProvider;
    private readonly List<ModbusReadRequest> _requests = [];
    private int _plannedVersion = -1;

    public ModbusReader(ModbusLine line, DeviceMemory memory, IReadOnlyList<ModbusPoint> points, TimeProvider timeProvider)
    {
        _line = line;
        _memory = memory;
        _points = points;
        _timeProvider = timeProvider;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
    {
        _memory.Refresh();
        PlanIfNeeded();
        string? silence = null;
        var wasSilent = _memory.IsSilent;
        var hasAnswered = false;
        var silentInARow = 0;
        for (var i = 0; i < _requests.Count; i++)
        {
            // A read asks for something at least, or it would not show that the device is there.
            if (_memory.IsRefused(_requests[i].Range, out var refusal) && (hasAnswered || i < _requests.Count - 1))
            {
                _requests[i].ReportBad(refusal, _timeProvider.GetUtcNow(), sink);
                continue;
            }

            // One who was silent gets no second chance within a read: repeats are for what goes wrong now and then.
            var answer = await _line.ReadAsync(_memory.Device, _requests[i].Range, mayRepeat: !wasSilent, cancellationToken);
            var time = _timeProvider.GetUtcNow();
            if (answer.IsSuccess)
            {
                _requests[i].ReportGood(_line, time, sink);
                _memory.Answered(_requests[i].Range);
            }
            else if (answer.IsRangeRefused)
            {
                _memory.Refuse(_requests[i].Range, !_requests[i].CanSplit, answer.Reason);
                if (_requests[i].CanSplit)
                {
                    _requests.InsertRange(i + 1, _requests[i].Split());
                    _requests.RemoveAt(i--);
                }
                else
                {
                    _requests[i].ReportBad(answer.Reason, time, sink);
                }
            }
            else
            {
                _requests[i].ReportBad(answer.Reason, time, sink);
            }

            silence = answer.IsFromDevice ? silence : answer.Reason;
            hasAnswered |= answer.IsFromDevice;
            wasSilent &= !answer.IsFromDevice;
            silentInARow = answer.IsFromDevice ? 0 : silentInARow + 1;
            if (answer.LineFault is not null || (silentInARow > 0 && wasSilent) || silentInARow > 1)
            {
                return GiveUp(i, answer, time, sink);
            }
        }

        _memory.IsSilent = !hasAnswered;
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
        _memory.IsSilent = true;
        var first = _requests[0];
        _requests.RemoveAt(0);
        _requests.Add(first);
        return new ReadOutcome(ReadStatus.NoAnswer, answer.Reason);
    }

    private void PlanIfNeeded()
    {
        if (_plannedVersion == _memory.Version)
        {
            return;
        }

        var plan = _memory.Device.Plan(_points, _memory.Refused);
        _plannedVersion = _memory.Version;
        _requests.Clear();
        _requests.AddRange(_points
            .Select((point, i) => (Point: point, plan.Locations[i].Request))
            .GroupBy(located => located.Request, located => located.Point)
            .OrderBy(group => group.Key)
            .Select(group => new ModbusReadRequest(plan.Requests[group.Key], group.OrderBy(point => point.Range.Address))));
    }
}
