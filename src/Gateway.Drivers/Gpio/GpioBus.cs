using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;
using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.Gpio;

/// <summary>
/// The lines of one chip. All are taken at once and kept; after a fault they are taken anew. Reads and writes may go
/// beside the listening: what they share is behind a lock.
/// </summary>
internal sealed class GpioBus : IListeningBus
{
    /// <summary>Why there is no value: the chip or a line cannot be had; the log says what to do.</summary>
    internal const string FailedReason = "gpio-failed";

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly Func<IGpioChip> _openChip;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Dictionary<PointDefinition, GpioPoint> _points;
    private readonly Dictionary<int, GpioPoint> _byLine;
    private readonly SemaphoreSlim _gate = new(1);
    private IGpioChip? _chip;
    private IGpioLines? _lines;
    private string? _fault;

    /// <param name="definition">A valid definition.</param>
    /// <param name="openChip">Opens the chip.</param>
    /// <param name="context">The clock and the log.</param>
    public GpioBus(BusDefinition definition, Func<IGpioChip> openChip, DriverContext context)
    {
        _name = definition.Name;
        _openChip = openChip;
        _timeProvider = context.TimeProvider;
        _logger = context.Logger;
        _points = definition.Devices.SelectMany(device => device.Points).ToDictionary(point => point, point => new GpioPoint(point));
        _byLine = _points.Values.ToDictionary(point => point.Settings.Line);
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) =>
        new Reader(this, [.. points.Select(point => _points[point])]);

    public async ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken)
    {
        if (value.Kind != PointValueKind.Boolean && !value.IsNumber)
        {
            return new WriteOutcome($"'{value}' is neither true nor false");
        }

        var isOn = value.Kind == PointValueKind.Boolean ? value.AsBoolean : !value.TryGetNumber(out var number) || number != 0;
        IGpioLines? lines = null;
        try
        {
            lines = await TakeLinesAsync(cancellationToken);
            lines.Write(_points[point].Settings.Line, isOn);
            return WriteOutcome.Done;
        }
        catch (IOException fault)
        {
            await GiveUpAsync(lines, fault, cancellationToken);
            return new WriteOutcome(fault.Message);
        }
    }

    public async Task ListenAsync(IListeningSink sink, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            IGpioLines? lines = null;
            try
            {
                lines = await TakeLinesAsync(cancellationToken);
                while (true)
                {
                    Handle(await lines.ReadEdgeAsync(cancellationToken), sink);
                }
            }
            catch (IOException fault)
            {
                await GiveUpAsync(lines, fault, cancellationToken);
            }

            await Task.Delay(RetryDelay, _timeProvider, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _gate.Dispose();
    }

    private void Handle(in GpioEdge edge, IListeningSink sink)
    {
        var point = _byLine[edge.Line];
        if (point.IsCounter)
        {
            // A pulse meter may give hundreds a second: its count is read at the point's own rate.
            point.Add(edge);
        }
        else
        {
            sink.Report(Reading.Good(point.Definition, PointValue.From(edge.Value), edge.Time));
            sink.Finish(point.Definition.DeviceName, isHeard: true);
        }
    }

    private async ValueTask<IGpioLines> TakeLinesAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_lines is null)
            {
                _chip ??= _openChip();
                _lines = _chip.Request([.. _points.Values.Select(point => point.Settings)]);
                if (_fault is not null)
                {
                    _fault = null;
                    Log.LinesWork(_logger, _name);
                }
            }

            return _lines;
        }
        finally
        {
            _gate.Release();
        }
    }

    // Closes the lines that failed; somebody else may have taken them anew by now.
    private async ValueTask GiveUpAsync(IGpioLines? failed, IOException fault, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_lines != failed)
            {
                return;
            }

            await CloseAsync();
            if (_fault != fault.Message)
            {
                _fault = fault.Message;
                Log.LinesFailed(_logger, _name, fault.Message);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask CloseAsync()
    {
        if (_lines is { } lines)
        {
            _lines = null;
            await lines.DisposeAsync();
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
            IGpioLines? lines = null;
            try
            {
                lines = await bus.TakeLinesAsync(cancellationToken);
                foreach (var point in points)
                {
                    var value = point.IsCounter ? PointValue.From(point.Count) : PointValue.From(lines.Read(point.Settings.Line));
                    sink.Report(Reading.Good(point.Definition, value, bus._timeProvider.GetUtcNow()));
                    reported++;
                }

                return ReadOutcome.Answered;
            }
            catch (IOException fault)
            {
                await bus.GiveUpAsync(lines, fault, cancellationToken);
                foreach (var point in points.AsSpan(reported))
                {
                    sink.Report(Reading.Bad(point.Definition, FailedReason, bus._timeProvider.GetUtcNow()));
                }

                return new ReadOutcome(ReadStatus.BusFailed, FailedReason);
            }
        }
    }
}
