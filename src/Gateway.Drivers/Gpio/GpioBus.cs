using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// The lines of one chip. All are taken at once and kept; after a fault they are taken anew. Reads and writes may go
/// beside the listening.
/// </summary>
internal sealed class GpioBus : IListeningBus
{
    private const int EdgesAtOnce = 256;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UplinkPeriod = TimeSpan.FromSeconds(1);

    private readonly DriverContext _context;
    private readonly Func<IGpioChip> _openChip;
    private readonly TimeProvider _timeProvider;
    private readonly Trouble _trouble;
    private readonly EdgeLosses _losses;
    private readonly Dictionary<PointDefinition, GpioPoint> _points;
    private readonly IReadOnlyList<GpioLine> _lines;
    private readonly SemaphoreSlim _gate = new(1);
    private IGpioChip? _chip;
    private volatile IGpioLines? _taken;
    private volatile Dictionary<int, GpioLine> _byOffset = [];
    private volatile IListeningSink? _sink;

    /// <param name="definition">A valid definition.</param>
    /// <param name="openChip">Opens the chip.</param>
    /// <param name="context">What the gateway lends.</param>
    public GpioBus(BusDefinition definition, Func<IGpioChip> openChip, DriverContext context)
    {
        _context = context;
        _openChip = openChip;
        _timeProvider = context.TimeProvider;
        _trouble = new Trouble(definition.Name, context);
        _losses = new EdgeLosses(definition.Name, context);
        _points = GpioPoints.Create(definition, context, ReportNow).ToDictionary(point => point.Definition);
        _lines = GpioPoints.Gather(_points.Values);
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) =>
        new Reader(this, [.. points.Select(point => _points[point])]);

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        IGpioLines? taken = null;
        try
        {
            taken = await TakeLinesAsync(cancellationToken);
            return _points[point].Write(value);
        }
        catch (IOException fault)
        {
            await GiveUpAsync(taken, fault, cancellationToken);
            return new WriteOutcome(fault.Message.TrimEnd('.'));
        }
    }

    public async Task ListenAsync(IListeningSink sink, CancellationToken cancellationToken)
    {
        _sink = sink;
        await Task.WhenAll(TakeEdgesAsync(cancellationToken), WatchUplinkAsync(cancellationToken));
    }

    /// <summary>Takes the edges that are there still, gives each output its state for the stop, and gives the lines back.</summary>
    public async ValueTask DisposeAsync()
    {
        _sink = null;
        await DrainAsync();
        foreach (var point in _points.Values)
        {
            try
            {
                await point.DisposeAsync();
            }
            catch (IOException)
            {
                // The chip is gone, and with it what could be set.
            }
        }

        await CloseAsync();
        _gate.Dispose();
    }

    private async Task TakeEdgesAsync(CancellationToken cancellationToken)
    {
        var edges = new GpioEdge[EdgesAtOnce];
        while (_lines.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            IGpioLines? taken = null;
            try
            {
                taken = await TakeLinesAsync(cancellationToken);
                while (true)
                {
                    var count = await taken!.ReadEdgesAsync(edges, cancellationToken);
                    Handle(edges.AsSpan(0, count));
                }
            }
            catch (IOException fault)
            {
                await GiveUpAsync(taken, fault, cancellationToken);
            }

            await Task.Delay(RetryDelay, _timeProvider, cancellationToken);
        }
    }

    private void Handle(ReadOnlySpan<GpioEdge> edges)
    {
        foreach (ref readonly var edge in edges)
        {
            if (!_byOffset.TryGetValue(edge.Line, out var line))
            {
                continue;
            }

            foreach (var point in line.Points)
            {
                if (edge.Missed > 0)
                {
                    _losses.Count(point.Definition, edge.Missed);
                }

                if (point.Take(edge) is { } reading && _sink is { } sink)
                {
                    sink.Report(reading);
                    sink.Finish(reading.Point.DeviceName, isHeard: true);
                }
            }
        }

        foreach (var point in _points.Values)
        {
            point.EndBatch();
        }
    }

    // A pulse is over, or the uplink is lost: that is told as an edge is.
    private void ReportNow(GpioPoint point)
    {
        if (_sink is { } sink)
        {
            sink.Report(point.Read(_timeProvider.GetUtcNow()));
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
                Log.UplinkLossHeeded(_context.Logger, output.Definition.ToString(), absence.TotalSeconds);
                ReportNow(output);
            }
        }
        catch (IOException)
        {
            // Whoever reads the line next finds out; it comes back with what was set last.
        }
    }

    private async ValueTask<IGpioLines?> TakeLinesAsync(CancellationToken cancellationToken)
    {
        if (_taken is not null || _lines.Count == 0)
        {
            return _taken;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_taken is null)
            {
                _chip ??= _openChip();
                Take(_chip);
                _trouble.Tell(null);
            }

            return _taken;
        }
        catch (IOException)
        {
            await CloseAsync();
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Take(IGpioChip chip)
    {
        var byOffset = new Dictionary<int, GpioLine>();
        var settings = new List<GpioLineSettings>();
        foreach (var line in _lines)
        {
            var resolved = line.Resolve(chip);
            if (!byOffset.TryAdd(resolved.Line, line))
            {
                throw new IOException($"Line '{line.Name}' is line '{byOffset[resolved.Line].Name}'; the map may have one of the two names only.");
            }

            settings.Add(resolved);
        }

        var taken = chip.Request(settings);
        foreach (var (offset, line) in byOffset)
        {
            line.Attach(taken, offset);
        }

        _byOffset = byOffset;
        _taken = taken;
        foreach (var point in _points.Values)
        {
            point.Begin();
        }
    }

    // Closes the lines that failed; somebody else may have taken them anew by now.
    private async ValueTask GiveUpAsync(IGpioLines? failed, IOException fault, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_taken == failed)
            {
                await CloseAsync();
                _trouble.Tell(fault.Message);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask DrainAsync()
    {
        if (_taken is not { } taken)
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

    private async ValueTask CloseAsync()
    {
        foreach (var line in _lines)
        {
            line.Detach();
        }

        if (_taken is { } taken)
        {
            _taken = null;
            await taken.DisposeAsync();
        }

        if (_chip is { } chip)
        {
            _chip = null;
            await chip.DisposeAsync();
        }
    }

    private sealed class Reader(GpioBus bus, GpioPoint[] points) : IPointReader
    {
        public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            var reported = 0;
            IGpioLines? taken = null;
            try
            {
                taken = await bus.TakeLinesAsync(cancellationToken);
                foreach (var point in points)
                {
                    sink.Report(point.Read(bus._timeProvider.GetUtcNow()));
                    reported++;
                }

                return ReadOutcome.Answered;
            }
            catch (IOException fault)
            {
                await bus.GiveUpAsync(taken, fault, cancellationToken);
                foreach (var point in points.AsSpan(reported))
                {
                    sink.Report(Reading.Bad(point.Definition, GpioReasons.Failed, bus._timeProvider.GetUtcNow()));
                }

                return new ReadOutcome(ReadStatus.BusFailed, GpioReasons.Failed);
            }
        }
    }
}
