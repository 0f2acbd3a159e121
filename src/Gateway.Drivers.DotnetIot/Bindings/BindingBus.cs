using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>Devices with their bindings on one bus, which one thread speaks to.</summary>
internal sealed class BindingBus : IBus
{
    private readonly string _name;
    private readonly BindingPorts _ports;
    private readonly DriverContext _context;
    private readonly BusThread _thread;
    private readonly Dictionary<string, BindingDevice> _devices;

    /// <param name="definition">A valid definition.</param>
    /// <param name="ports">The hardware.</param>
    /// <param name="context">The clock, the log and the error counts.</param>
    public BindingBus(BusDefinition definition, BindingPorts ports, DriverContext context)
    {
        _name = definition.Name;
        _ports = ports;
        _context = context;
        _thread = new BusThread(_name, context.TimeProvider);
        _devices = definition.Devices.ToDictionary(
            device => device.Name, device => new BindingDevice(device, BindingPlan.Parse(definition, device, [])!, ports));
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) => new Reader(this, _devices[device.Name], points);

    public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new WriteOutcome("a binding's members are read only"));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _thread.RunAsync(Close);
        }
        catch (BusException)
        {
            // The thread hangs in a binding: what it holds ends with the process.
        }

        await _thread.DisposeAsync();
    }

    private bool Close()
    {
        foreach (var device in _devices.Values)
        {
            device.Drop();
        }

        _ports.Close();
        return true;
    }

    private MemberReading Read(BindingDevice device, IReadOnlyList<PointDefinition> points)
    {
        var reading = device.Read(points);
        if (reading.Fault is BusException { IsBusFault: true })
        {
            Close(); // the other devices hold the same bus
        }

        return reading;
    }

    private ReadOutcome Judge(BindingDevice device, Exception? fault, bool hasValue)
    {
        if (fault is null)
        {
            if (device.Fault is not null)
            {
                device.Fault = null;
                Log.BindingWorks(_context.Logger, device.Definition.Name, _name);
            }

            return ReadOutcome.Answered;
        }

        var reason = BindingDevice.ReasonOf(fault);
        _context.Errors.Count(device.Definition.Name, reason);
        var message = fault is BusException ? fault.Message : $"{fault.GetType().Name}: {fault.Message}";
        if (device.Fault != message)
        {
            device.Fault = message;
            Log.BindingFailed(_context.Logger, device.Definition.Name, _name, message);
        }

        return fault is BusException { IsBusFault: true } ? new ReadOutcome(ReadStatus.BusFailed, reason)
            : hasValue ? ReadOutcome.Answered
            : new ReadOutcome(ReadStatus.NoAnswer, reason);
    }

    private sealed class Reader(BindingBus bus, BindingDevice device, IReadOnlyList<PointDefinition> points) : IPointReader
    {
        public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            MemberReading reading;
            try
            {
                reading = await bus._thread.RunAsync(() => bus.Read(device, points));
            }
            catch (BusException hung)
            {
                reading = new MemberReading([.. points.Select(_ => (PointValue.None, (string?)hung.Reason))], hung);
            }

            var time = bus._context.TimeProvider.GetUtcNow();
            for (var i = 0; i < points.Count; i++)
            {
                var (value, reason) = reading.Values[i];
                sink.Report(reason is null ? Reading.Good(points[i], value, time) : Reading.Bad(points[i], reason, time));
            }

            return bus.Judge(device, reading.Fault, reading.Values.Any(value => value.Reason is null));
        }
    }
}
