using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>The points of one chip. Reads and writes may go beside the listening.</summary>
internal sealed class GpioBus : IListeningBus, IReloadableBus
{
    private const int EdgesAtOnce = 256;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UplinkPeriod = TimeSpan.FromSeconds(1);

    private readonly DriverContext _context;
    private readonly TimeProvider _timeProvider;
    private readonly EdgeLosses _losses;
    private readonly ChipLines _lines;
    private readonly SemaphoreSlim _handling = new(1);
    private volatile Dictionary<PointDefinition, GpioPoint> _points;
    private volatile CancellationTokenSource _reloaded = new();
    private volatile IListeningSink? _sink;

    /// <param name="definition">A valid definition.</param>
    /// <param name="openChip">Opens the chip.</param>
    /// <param name="context">What the gateway lends.</param>
    public GpioBus(BusDefinition definition, Func<IGpioChip> openChip, DriverContext context)
    {
        _context = context;
        _timeProvider = context.TimeProvider;
        _losses = new EdgeLosses(definition.Name, context);
        _points = GpioPoints.Create(definition, context, ReportNow, known: new Dictionary<PointDefinition, GpioPoint>());
        _lines = new ChipLines(definition.Name, GpioPoints.Gather(_points.Values, known: []), openChip, context);
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) =>
        new Reader(this, [.. device.Points.Select(point => _points[point])], [.. points.Select(point => _points[point])]);

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        IGpioLines? taken = null;
        try
        {
            taken = await _lines.TakeAsync(cancellationToken);
            return _points[point].Line?.LeftOut is { } fault ? new WriteOutcome(fault.Message.TrimEnd('.')) : _points[point].Write(value);
        }
        catch (IOException fault)
        {
            await _lines.GiveUpAsync(taken, fault, cancellationToken);
            return new WriteOutcome(fault.Message.TrimEnd('.'));
        }
    }

    public async Task ListenAsync(IListeningSink sink, CancellationToken cancellationToken)
    {
        _sink = sink;
        while (true)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _reloaded.Token);
            try
            {
                await TogetherAsync([TakeEdgesAsync, WatchUplinkAsync], ending.Token);
                await Task.Delay(Timeout.InfiniteTimeSpan, _timeProvider, ending.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // There may be other lines now, and other outputs. The edges wait.
            }
        }
    }

    public async ValueTask ReloadAsync(BusDefinition definition, CancellationToken cancellationToken)
    {
        // Edges wait meanwhile, so that each is that of the point of before or of the one that goes on from there.
        await _handling.WaitAsync(cancellationToken);
        try
        {
            await TakeUpAsync(definition, cancellationToken);
        }
        finally
        {
            _handling.Release();
        }

        var reloaded = _reloaded;
        _reloaded = new CancellationTokenSource();
        await reloaded.CancelAsync();
    }

    private async ValueTask TakeUpAsync(BusDefinition definition, CancellationToken cancellationToken)
    {
        var before = _points;
        var points = GpioPoints.Create(definition, _context, ReportNow, before);
        var gone = before.Values.Where(point => !points.ContainsKey(point.Definition)).ToList();
        foreach (var output in points.Values.OfType<GpioOutput>().Where(point => !before.ContainsKey(point.Definition)))
        {
            if (gone.OfType<GpioOutput>().FirstOrDefault(other => IsSameOutput(other, output)) is { } same)
            {
                output.Follow(same);
            }
        }

        await LetGoAsync(gone);
        var lines = GpioPoints.Gather(points.Values, _lines.All);
        _points = points;
        await _lines.ReloadAsync(lines, cancellationToken);
    }

    /// <summary>
    /// Takes the edges that are there still, gives each output its state for the stop, and gives the lines back. A bug that shows on the way
    /// keeps no output from its state.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _sink = null;
        await EachForItself.DoAsync(DrainAsync, () => LetGoAsync(_points.Values), _lines.DisposeAsync);
        _reloaded.Dispose();
        _handling.Dispose();
    }

    // Of the same place and the same kind: a pulse that had begun is not to last for good.
    private static bool IsSameOutput(GpioOutput one, GpioOutput other)
    {
        var (before, after) = (one.Definition.Settings, other.Definition.Settings);
        return one.Definition.ToString() == other.Definition.ToString()
            && one.GetType() == other.GetType()
            && before.IsWritten("pulse") == after.IsWritten("pulse")
            && before.TryGet<string>("line", out var line) == after.TryGet<string>("line", out var otherLine)
            && line == otherLine
            && GpioSettings.ChannelOf(before) == GpioSettings.ChannelOf(after);
    }

    private static ValueTask LetGoAsync(IEnumerable<GpioPoint> points) => EachForItself.DoAsync(points.Select(point => (Func<ValueTask>)(async () =>
    {
        try
        {
            await point.DisposeAsync();
        }
        catch (IOException)
        {
            // The chip is gone, and with it what could be set.
        }
    })));

    // The first that fails ends the others: none goes on as if all did.
    private static async Task TogetherAsync(IEnumerable<Func<CancellationToken, Task>> parts, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(parts.Select(async part =>
        {
            try
            {
                await part(ending.Token);
            }
            catch
            {
                await ending.CancelAsync();
                throw;
            }
        }));
    }

    private async Task TakeEdgesAsync(CancellationToken cancellationToken)
    {
        while (!_lines.IsEmpty && !cancellationToken.IsCancellationRequested)
        {
            IGpioLines? taken = null;
            try
            {
                taken = await _lines.TakeAsync(cancellationToken);
                await TogetherAsync([ending => TakeEdgesAsync(taken!, ending), ending => TakeLeftOutAsync(taken!, ending)], cancellationToken);
            }
            catch (IOException fault)
            {
                await _lines.GiveUpAsync(taken, fault, cancellationToken);
            }

            await Task.Delay(RetryDelay, _timeProvider, cancellationToken);
        }
    }

    private async Task TakeEdgesAsync(IGpioLines taken, CancellationToken cancellationToken)
    {
        var edges = new GpioEdge[EdgesAtOnce];
        while (true)
        {
            var count = await taken.ReadEdgesAsync(edges, cancellationToken);
            await _handling.WaitAsync(CancellationToken.None); // what was read is not to be dropped; a reload is over soon
            try
            {
                Handle(edges.AsSpan(0, count));
            }
            finally
            {
                _handling.Release();
            }
        }
    }

    private async Task TakeLeftOutAsync(IGpioLines taken, CancellationToken cancellationToken)
    {
        for (var delay = RetryDelay; _lines.LacksAny; delay = TimeSpan.FromTicks(Math.Min(2 * delay.Ticks, LongestRetryDelay.Ticks)))
        {
            await Task.Delay(delay, _timeProvider, cancellationToken);
            foreach (var point in (await _lines.TakeLeftOutAsync(taken, cancellationToken)).SelectMany(line => line.Points))
            {
                ReportNow(point);
            }
        }
    }

    private void Handle(ReadOnlySpan<GpioEdge> edges)
    {
        foreach (ref readonly var edge in edges)
        {
            if (_lines.Find(edge.Line) is not { } line)
            {
                continue;
            }

            if (edge.Missed != 0)
            {
                _losses.Count(line, edge.Missed);
            }

            foreach (var point in line.Points)
            {
                Handle(point, edge);
            }
        }

        foreach (var point in _points.Values)
        {
            point.EndBatch();
        }
    }

    private void Handle(GpioPoint point, in GpioEdge edge)
    {
        Reading? reading;
        var sink = _sink;
        lock (point.Telling)
        {
            reading = point.Take(edge);
            if (reading is { } told)
            {
                sink?.Report(told);
            }
        }

        if (reading is not null)
        {
            sink?.Finish(point.Definition.DeviceName, isHeard: true);
        }
    }

    // A pulse is over, or the uplink is lost: that is told as an edge is.
    private void ReportNow(GpioPoint point)
    {
        if (_sink is { } sink)
        {
            lock (point.Telling)
            {
                sink.Report(point.Read(_timeProvider.GetUtcNow()));
            }

            sink.Finish(point.Definition.DeviceName, isHeard: true);
        }
    }

    private async Task WatchUplinkAsync(CancellationToken cancellationToken)
    {
        GpioOutput[] outputs = [.. _points.Values.OfType<GpioOutput>().Where(output => output.HeedsUplink)];
        using var timer = new PeriodicTimer(UplinkPeriod, _timeProvider);
        while (outputs.Length > 0 && await timer.WaitForNextTickAsync(cancellationToken))
        {
            var absence = _context.UplinkAbsence();
            foreach (var output in outputs)
            {
                HeedUplink(output, absence);
            }
        }
    }

    private void HeedUplink(GpioOutput output, TimeSpan absence)
    {
        try
        {
            if (output.HeedUplink(absence))
            {
                Log.UplinkLossHeeded(_context.Logger, output.Definition.DeviceName, output.Definition.Name, absence.TotalSeconds);
                ReportNow(output);
            }
        }
        catch (IOException)
        {
            // Whoever reads the line next finds out; it comes back with that state, or takes it at one of the next looks.
        }
    }

    private async ValueTask DrainAsync()
    {
        if (_lines.Taken is not { } taken)
        {
            return;
        }

        var edges = new GpioEdge[EdgesAtOnce];
        try
        {
            while (true)
            {
                Handle(edges.AsSpan(0, await taken.ReadEdgesAsync(edges, new CancellationToken(canceled: true))));
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // No more are there.
        }
    }

    private sealed class Reader(GpioBus bus, GpioPoint[] device, GpioPoint[] points) : IPointReader
    {
        public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            var reported = 0;
            IGpioLines? taken = null;
            try
            {
                taken = await bus._lines.TakeAsync(cancellationToken);
                foreach (var point in points)
                {
                    lock (point.Telling)
                    {
                        sink.Report(Read(point));
                    }

                    reported++;
                }

                // A device none of whose lines can be had is away; the bus is not.
                return Array.TrueForAll(device, point => point.Line?.LeftOut is not null)
                    ? new ReadOutcome(ReadStatus.NoAnswer, points[0].Line!.LeftOut?.Reason)
                    : ReadOutcome.Answered;
            }
            catch (IOException fault)
            {
                await bus._lines.GiveUpAsync(taken, fault, cancellationToken);
                foreach (var point in points.AsSpan(reported))
                {
                    sink.Report(Reading.Bad(point.Definition, GpioReasons.Failed, bus._timeProvider.GetUtcNow()));
                }

                return new ReadOutcome(ReadStatus.BusFailed, GpioReasons.Failed);
            }
        }

        private Reading Read(GpioPoint point)
        {
            var now = bus._timeProvider.GetUtcNow();
            return point.Line?.LeftOut is { } fault ? Reading.Bad(point.Definition, fault.Reason, now) : point.Read(now);
        }
    }
}
