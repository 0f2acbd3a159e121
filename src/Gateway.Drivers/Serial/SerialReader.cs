using Gateway.Abstractions;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Serial;

/// <summary>Reads some points of one device: asks for those that are asked for, and looks whether it still speaks for the others.</summary>
internal sealed class SerialReader(SerialBus bus, SerialDevice device, IReadOnlyList<PointDefinition> points) : IPointReader
{
    // Points of one request are of one answer.
    private readonly (byte[] Request, PointDefinition[] Points)[] _questions =
    [
        .. points
            .Where(device.Requests.ContainsKey)
            .GroupBy(point => Convert.ToHexString(device.Requests[point]))
            .Select(group => (device.Requests[group.First()], group.ToArray())),
    ];

    private readonly PointDefinition[] _commands = [.. points.Where(point => !SerialDevice.IsRead(point))];

    public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
    {
        Report(_commands, SerialReasons.WriteOnly, sink);
        if (bus.Open() is { } fault)
        {
            ReportRest(0, fault, sink);
            return new ReadOutcome(ReadStatus.BusFailed, fault);
        }

        if (_questions.Length == 0)
        {
            return _commands.Length < points.Count ? bus.Look(device) : new ReadOutcome(ReadStatus.Listening, null);
        }

        string? silence = null;
        for (var i = 0; i < _questions.Length; i++)
        {
            var (request, asked) = _questions[i];
            var (answer, reason) = await bus.AskAsync(device, request, asked, cancellationToken);
            if (answer is not null)
            {
                Report(asked, answer, sink);
                continue;
            }

            Report(asked, reason!, sink);
            silence = reason;
            if (bus.Open() is { } lost)
            {
                ReportRest(i + 1, lost, sink);
                return new ReadOutcome(ReadStatus.BusFailed, lost);
            }

            // A device that is silent holds the others up no longer than it must.
            ReportRest(i + 1, silence!, sink);
            return new ReadOutcome(ReadStatus.NoAnswer, silence);
        }

        return ReadOutcome.Answered;
    }

    private void ReportRest(int from, string reason, IReadingSink sink)
    {
        foreach (var (_, rest) in _questions.AsSpan(from))
        {
            Report(rest, reason, sink);
        }
    }

    private void Report(PointDefinition[] asked, string reason, IReadingSink sink)
    {
        var time = bus.Now;
        foreach (var point in asked)
        {
            sink.Report(Reading.Bad(point, reason, time));
        }
    }

    private static void Report(PointDefinition[] asked, Answer answer, IReadingSink sink)
    {
        foreach (var point in asked)
        {
            var found = answer.Values.FirstOrDefault(value => value.Point == point);
            sink.Report(found.Point is null
                ? Reading.Bad(point, SerialReasons.NoMatch, answer.Time)
                : new Reading(point, found.Value, answer.Time, found.Quality, found.Reason));
        }
    }
}
