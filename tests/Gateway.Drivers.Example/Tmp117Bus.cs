using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Drivers.Example;

/// <summary>The adapter with the thermometers on it, opened by the first read and again after a fault of the bus.</summary>
internal sealed class Tmp117Bus : IBus
{
    private readonly string _adapter;
    private readonly IHardware _hardware;
    private readonly DriverContext _context;
    private readonly BusThread _thread;
    private II2cBus? _bus;

    public Tmp117Bus(BusDefinition definition, IHardware hardware, DriverContext context)
    {
        _adapter = definition.Settings.Get<string>("tmp117");
        _hardware = hardware;
        _context = context;
        _thread = new BusThread(definition.Name, context.TimeProvider);
    }

    public IPointReader CreateReader(DeviceDefinition device, IReadOnlyList<PointDefinition> points) =>
        new Reader(this, device, (int)device.Settings.Get<long>("address"), points);

    public ValueTask<WriteOutcome> WriteAsync(PointDefinition point, PointValue value, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new WriteOutcome("a thermometer has nothing to write"));

    public async ValueTask DisposeAsync()
    {
        await _thread.DisposeAsync();
        _bus?.Dispose();
    }

    /// <summary>Runs on the thread of the bus: the calls into the kernel block.</summary>
    private decimal Read(int address)
    {
        _bus ??= _hardware.OpenI2c(_adapter);
        Span<byte> register = stackalloc byte[2];
        try
        {
            _bus.Transfer(address, [Tmp117.DeviceIdRegister], register);
            if (!Tmp117.IsTmp117(register))
            {
                throw new BusException(BusReasons.WrongChip, $"The chip at 0x{address:x2} is no TMP117; its device id is 0x{register[0]:x2}{register[1]:x2}.");
            }

            _bus.Transfer(address, [Tmp117.TemperatureRegister], register);
            return Tmp117.ToCelsius(register) ?? throw new BusException(BusReasons.NotReady, $"The chip at 0x{address:x2} has not measured yet.");
        }
        catch (BusException fault) when (fault.IsBusFault)
        {
            _bus.Dispose();
            _bus = null;
            throw;
        }
    }

    private sealed class Reader(Tmp117Bus bus, DeviceDefinition device, int address, IReadOnlyList<PointDefinition> points) : IPointReader
    {
        public async ValueTask<ReadOutcome> ReadAsync(IReadingSink sink, CancellationToken cancellationToken)
        {
            try
            {
                var celsius = PointValue.From(await bus._thread.RunAsync(() => bus.Read(address)));
                Report(sink, point => Reading.Good(point, celsius, bus._context.TimeProvider.GetUtcNow()));
                return ReadOutcome.Answered;
            }
            catch (BusException fault)
            {
                bus._context.Errors.Count(device.Name, fault.Reason);
                Report(sink, point => Reading.Bad(point, fault.Reason, bus._context.TimeProvider.GetUtcNow()));
                return new ReadOutcome(fault.IsBusFault ? ReadStatus.BusFailed : ReadStatus.NoAnswer, fault.Reason);
            }
        }

        private void Report(IReadingSink sink, Func<PointDefinition, Reading> toReading)
        {
            foreach (var point in points)
            {
                sink.Report(toReading(point));
            }
        }
    }
}
