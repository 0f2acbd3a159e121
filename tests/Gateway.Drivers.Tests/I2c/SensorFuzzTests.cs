using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Drivers.I2c;
using Gateway.Drivers.Tests.Sysfs;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.I2c;

/// <summary>Chips that answer with anything, or not at all.</summary>
public sealed class SensorFuzzTests
{
    // Those that have points only where a map names them: converters, outputs, lines.
    private static readonly string[] WithoutPoints = ["ads1015", "ads1115", "mcp23017", "mcp4725", "pcf8574"];

    public static TheoryData<string> Sensors => [.. I2cSensors.All.Keys.Except(WithoutPoints)];

    /// <summary>Each point is reported once, whatever the chip says, and nothing throws.</summary>
    [Theory]
    [MemberData(nameof(Sensors))]
    public async Task Whatever_a_chip_says_each_point_is_reported_once(string sensor)
    {
        var random = new Random(20261123);
        for (var round = 0; round < 5 * Fuzz.Factor; round++)
        {
            await using var map = new I2cMap($"bus: {{ i2c: 1 }}\ndevices: [{{ name: chip, sensor: {sensor} }}]\n", new HastyTimeProvider());
            var chip = new AnyChip(random);
            for (var address = 0x03; address <= 0x77; address++)
            {
                map.Hardware[address] = chip;
            }

            var reader = map.Reader("chip");
            for (var read = 0; read < 10; read++)
            {
                map.Sink.Clear();
                var outcome = await reader.ReadAsync(map.Sink, CancellationToken.None);
                Assert.NotEqual(ReadStatus.BusFailed, outcome.Status);
                Assert.All(map.Sink.All, reading => Assert.True(reading.Quality == Quality.Good || reading.Reason is not null));
                Assert.Equal(map.Sink.All.Count, map.Sink.All.Select(reading => reading.Point.Name).Distinct().Count());
            }
        }
    }

    // Of a kind for some time: a chip that is not ready for ever, all ones, or noise.
    private sealed class AnyChip(Random random) : ISimulatedChip
    {
        private int _left;
        private int _kind;

        public bool Write(ReadOnlySpan<byte> bytes) => Next() != 0;

        public bool Read(Span<byte> bytes)
        {
            switch (Next())
            {
                case 0:
                    return false;
                case 1:
                    bytes.Fill(0xFF);
                    return true;
                case 2:
                    bytes.Clear();
                    return true;
                default:
                    random.NextBytes(bytes);
                    return true;
            }
        }

        private int Next()
        {
            if (_left-- <= 0)
            {
                (_left, _kind) = (random.Next(1, 60), random.Next(6));
            }

            return _kind;
        }
    }
}
