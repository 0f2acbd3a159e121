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
        try
        {
            return await ReadAllAsync(sink, cancellationToken);
        }
        finally
        {
            // After a read that was cancelled only: what was sent beside ends too, and must not come into the next one.
            foreach (var request in _requests)
            {
                if (request.IsUnderWay)
                {
                    await ((Task)request.TakeAnswer().AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    request.End(_line);
                }
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOutcome> ReadAllAsync(IReadingSink sink, CancellationToken cancellationToken)
    {
        string? silence = null;
        ModbusAnswer? failure = null;
        var wasSilent = _memory.IsSilent;
        var hasAnswered = false;
        var silentInARow = 0;
        for (var i = 0; i < _requests.Count; i++)
        {
            var request = _requests[i];
            if (!request.IsUnderWay)
            {
                if (failure is { } reason)
                {
                    return GiveUp(i, reason, sink);
                }

                // A read asks for something at least, or it would not show that the device is there.
                if (_memory.IsRefused(request.Range, out var refusal) && (hasAnswered || i < _requests.Count - 1))
                {
                    request.ReportBad(refusal, _timeProvider.GetUtcNow(), sink);
                    continue;
                }
            }

            if (failure is null)
            {
                // One who was silent gets no second chance within a read: repeats are for what goes wrong now and then.
                Begin(i, isAlone: wasSilent, cancellationToken);
            }

            var answer = await request.TakeAnswer();
            if (answer.IsSuccess)
            {
                request.ReportGood(sink);
                _memory.Answered(request.Range);
            }
            else if (answer.IsRangeRefused)
            {
                _memory.Refuse(request.Range, !request.CanSplit, answer.Reason);
                if (request.CanSplit)
                {
                    _requests.InsertRange(i + 1, request.Split());
                    _requests.RemoveAt(i--);
                }
                else
                {
                    request.ReportBad(answer.Reason, request.Time, sink);
                }
            }
            else
            {
                request.ReportBad(answer.Reason, request.Time, sink);
            }

            request.End(_line);
            silence = answer.IsFromDevice ? silence : answer.Reason;
            hasAnswered |= answer.IsFromDevice;
            wasSilent &= !answer.IsFromDevice;
            silentInARow = answer.IsFromDevice ? 0 : silentInARow + 1;

            // What was sent already may still be answered.
            failure = answer.LineFault is not null || (silentInARow > 0 && wasSilent) || silentInARow > 1 ? answer : null;
        }

        if (failure is { } last)
        {
            return GiveUp(_requests.Count, last, sink);
        }

        _memory.IsSilent = !hasAnswered;
        return hasAnswered ? ReadOutcome.Answered : new ReadOutcome(ReadStatus.NoAnswer, silence);
    }

    /// <summary>Sends a request, and of those behind it as many as the map allows beside it.</summary>
    private void Begin(int index, bool isAlone, CancellationToken cancellationToken)
    {
        var isFree = true;
        for (var i = index; i < _requests.Count && isFree && (i == index || !isAlone); i++)
        {
            if (!_requests[i].IsUnderWay && (i == index || !_memory.IsRefused(_requests[i].Range, out _)))
            {
                isFree = _requests[i].TryBegin(_line, _memory.Device, mayRepeat: !isAlone, cancellationToken);
            }
        }
    }

    private ReadOutcome GiveUp(int from, in ModbusAnswer answer, IReadingSink sink)
    {
        var time = _timeProvider.GetUtcNow();
        for (var i = from; i < _requests.Count; i++)
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
        if (_plannedVersion != _memory.Version)
        {
            Plan();
        }
    }

    // Apart, because its closure is made where the method begins, for each read.
    private void Plan()
    {
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
