using System.Device.I2c;
using System.Device.Model;
using System.Numerics;
using UnitsNet;

// The catalogue looks in the assembly that has this class.
namespace Iot.Device.Bmxx80
{
    /// <summary>A binding as those of the packages are: it speaks to its chip in its constructor, and marks what it measures.</summary>
    public sealed class Bme280 : IDisposable
    {
        private readonly I2cDevice _device;

        public Bme280(I2cDevice device, int gain = 1)
        {
            _device = device;
            Gain = gain;
            Id = Register(0xD0);
        }

        public int Gain { get; }

        public byte Id { get; }

        public Sampling TemperatureSampling { get; set; }

        public TimeSpan Wait { get; set; }

        public Vector3 Acceleration => new(0.5f, -1, 9.5f);

        [Telemetry]
        public bool TryReadTemperature(out Temperature temperature)
        {
            temperature = Temperature.FromKelvins(Register(1));
            return temperature.Value > 0;
        }

        [Telemetry("Brightness")]
        public double GetLight() => Register(2) * Gain;

        public BothValues Read() => new(Register(3), Register(4));

        public int Broken => throw new InvalidOperationException("It is broken.");

        public void Dispose() => _device.Dispose();

        private byte Register(byte register)
        {
            Span<byte> value = stackalloc byte[1];
            _device.WriteRead([register], value);
            return value[0];
        }
    }

    public enum Sampling
    {
        Skipped,
        HighResolution,
    }

    /// <summary>What several bindings give of one transfer.</summary>
    public sealed record BothValues(int First, int? Second);
}

namespace Iot.Device.Made
{
    /// <summary>One that marks properties, as most bindings do.</summary>
    public sealed class Barometer(I2cDevice device) : IDisposable
    {
        [Telemetry]
        public Ratio Humidity => new(device.ReadByte(), RatioUnit.Percent);

        [Telemetry("CaseTemperature")]
        public Temperature Case => new(device.ReadByte(), TemperatureUnit.DegreeCelsius);

        public int Unmarked => 1;

        public void Dispose() => device.Dispose();
    }

    public sealed class Twin
    {
        public int Value => 1;
    }
}

namespace Iot.Device.MadeToo
{
    public sealed class Twin
    {
        public int Value => 2;
    }
}
