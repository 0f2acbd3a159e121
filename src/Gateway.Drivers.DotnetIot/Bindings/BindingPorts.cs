using System.Device.Gpio;
using System.Device.I2c;
using System.Device.Spi;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.DotnetIot.Adapters;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>The hardware of one bus, as bindings take it. Used on the thread of the bus alone.</summary>
/// <param name="hardware">The buses of the machine.</param>
/// <param name="bus">The keys of the bus.</param>
internal sealed class BindingPorts(IHardware hardware, Settings bus)
{
    private II2cBus? _i2c;

    /// <summary>What the chips hang on.</summary>
    public static string KindOf(Settings bus) => bus.Get<string>(BindingsSchema.Name);

    /// <summary>The key that says which bus of its kind it is.</summary>
    public static string PlaceKeyOf(string kind) => kind switch
    {
        BindingsSchema.I2c => "adapter",
        BindingsSchema.Spi => "device",
        _ => "chip",
    };

    /// <summary>Whether a bus has what a constructor's parameter asks for.</summary>
    public static bool Offers(Settings bus, Type parameter) =>
        (parameter == typeof(I2cDevice) && KindOf(bus) == BindingsSchema.I2c)
        || (parameter == typeof(SpiDevice) && KindOf(bus) == BindingsSchema.Spi)
        || (parameter == typeof(GpioController) && bus.TryGet<string>("chip", out _));

    /// <summary>Opens what a constructor's parameter asks for.</summary>
    /// <param name="parameter">One that the bus <see cref="Offers"/>.</param>
    /// <param name="device">The device that it is for.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public IDisposable Open(Type parameter, DeviceDefinition device)
    {
        if (parameter == typeof(I2cDevice))
        {
            var adapter = bus.Get<string>("adapter");
            _i2c ??= hardware.OpenI2c(adapter);
            return new HardwareI2cDevice(_i2c, adapter, (int)device.Settings.Get<long>("address"));
        }

        if (parameter == typeof(SpiDevice))
        {
            var name = bus.Get<string>("device");
            var settings = new SpiSettings { Mode = (int)bus.Get<long>("mode"), ClockHertz = (int)bus.Get<long>("clock") };
            return new HardwareSpiDevice(hardware.OpenSpi(name, settings), name, settings);
        }

        return new GpioController(new HardwareGpioDriver(hardware.OpenGpio(bus.Get<string>("chip"))));
    }

    /// <summary>Closes what devices share; the next <see cref="Open"/> opens it again.</summary>
    public void Close()
    {
        _i2c?.Dispose();
        _i2c = null;
    }
}
