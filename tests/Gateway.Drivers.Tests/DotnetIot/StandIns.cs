using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.Abstractions.Buses;
using Gateway.Abstractions.Definitions;
using UnitsNet;

// What the linked sources of the plug-in know of its packages, no more.
namespace System.Device.Model
{
    /// <summary>Marks what a binding measures.</summary>
    [AttributeUsage(AttributeTargets.Property | AttributeTargets.Method)]
    public sealed class TelemetryAttribute(string? name = null) : Attribute
    {
        public string? Name => name;
    }
}

namespace System.Device.Gpio
{
    public readonly record struct PinValue(bool IsHigh)
    {
        public static PinValue High => new(true);

        public static PinValue Low => new(false);

        public static explicit operator bool(PinValue value) => value.IsHigh;
    }
}

namespace UnitsNet
{
    public interface IQuantity
    {
        Enum Unit { get; }

        double As(Enum unit);
    }

    public enum TemperatureUnit
    {
        Kelvin,
        DegreeCelsius,
    }

    public readonly record struct Temperature(double Kelvin) : IQuantity
    {
        public Enum Unit => TemperatureUnit.Kelvin;

        public double As(Enum unit) => (TemperatureUnit)unit == TemperatureUnit.Kelvin ? Kelvin : Kelvin - 273.15;
    }

    public readonly record struct Duration(double Seconds) : IQuantity
    {
        public Enum Unit => TemperatureUnit.Kelvin;

        public double As(Enum unit) => Seconds;

        public TimeSpan ToTimeSpan() => TimeSpan.FromSeconds(Seconds);
    }
}

namespace Gateway.Drivers.DotnetIot.Bindings
{
    /// <summary>Two units in place of those of UnitsNet.</summary>
    internal static class Quantities
    {
        public static bool IsQuantity(Type type) => type.IsValueType && type.IsAssignableTo(typeof(IQuantity));

        public static Enum? FindUnit(Type type, string text) => text switch
        {
            "°C" => TemperatureUnit.DegreeCelsius,
            "K" => TemperatureUnit.Kelvin,
            _ => null,
        };

        public static IEnumerable<string> Units(Type type) => type == typeof(Temperature) ? ["K", "°C"] : ["s"];

        public static string UsualUnit(Type type) => "°C";

        public static bool TryParse(string text, Type type, [NotNullWhen(true)] out IQuantity? quantity)
        {
            quantity = text.EndsWith(" s", StringComparison.Ordinal) && double.TryParse(text[..^2], CultureInfo.InvariantCulture, out var seconds) ? new Duration(seconds) : null;
            return quantity is not null;
        }
    }

    /// <summary>A chip on made-up hardware, as a binding's constructor asks for it.</summary>
    public sealed class MadeUpPort(II2cBus bus, int address) : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public byte Read(byte register)
        {
            Span<byte> value = stackalloc byte[1];
            bus.Transfer(address, [register], value);
            return value[0];
        }

        public void Dispose() => IsDisposed = true;
    }

    /// <summary>The hardware of a bus, of which bindings take a <see cref="MadeUpPort"/>.</summary>
    internal sealed class BindingPorts(IHardware hardware, Settings bus)
    {
        private II2cBus? _i2c;

        public static string KindOf(Settings bus) => bus.Get<string>(BindingsSchema.Name);

        public static string PlaceKeyOf(string kind) => kind == BindingsSchema.I2c ? "adapter" : kind == BindingsSchema.Spi ? "device" : "chip";

        public static bool Offers(Settings bus, Type parameter) => parameter == typeof(MadeUpPort) && KindOf(bus) == BindingsSchema.I2c;

        public IDisposable Open(Type parameter, DeviceDefinition device)
        {
            _i2c ??= hardware.OpenI2c(bus.Get<string>("adapter"));
            return new MadeUpPort(_i2c, (int)device.Settings.Get<long>("address"));
        }

        public void Close()
        {
            _i2c?.Dispose();
            _i2c = null;
        }
    }
}
