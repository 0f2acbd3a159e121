using System.Device.Model;
using System.Numerics;
using Gateway.Drivers.DotnetIot.Bindings;
using UnitsNet;

// The catalogue looks in the assembly that has this class.
namespace Iot.Device.Bmxx80
{
    /// <summary>A binding as those of the packages are: it speaks to its chip in its constructor, and marks what it measures.</summary>
    public sealed class Bme280 : IDisposable
    {
        private readonly MadeUpPort _port;

        public Bme280(MadeUpPort port, int gain = 1)
        {
            _port = port;
            Gain = gain;
            Id = port.Read(0xD0);
        }

        public int Gain { get; }

        public byte Id { get; }

        public Sampling TemperatureSampling { get; set; }

        public TimeSpan Wait { get; set; }

        public Vector3 Acceleration => new(0.5f, -1, 9.5f);

        [Telemetry]
        public bool TryReadTemperature(out Temperature temperature)
        {
            temperature = new Temperature(_port.Read(1));
            return temperature.Kelvin > 0;
        }

        [Telemetry("Brightness")]
        public double GetLight() => _port.Read(2) * Gain;

        public BothValues Read() => new(_port.Read(3), _port.Read(4));

        public int Broken => throw new InvalidOperationException("It is broken.");

        public void Dispose() => _port.Dispose();
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
