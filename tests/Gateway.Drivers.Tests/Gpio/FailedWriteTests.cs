using Gateway.Abstractions;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Tests.Gpio;

/// <summary>A line that cannot be set once, though its chip is there.</summary>
public sealed class FailedWriteTests
{
    private bool _fails;

    [Fact]
    public async Task A_share_of_time_is_switched_again_soon()
    {
        await using var gpio = new GpioFixture(GpioFixture.Output("heater", ("line", "6"), ("pwm", GpioFixture.Pwm(TimeSpan.FromSeconds(10)))))
        {
            Wrap = chip => new FlakyChip(chip, () => _fails),
        };
        await gpio.OpenAsync();
        await gpio.WriteAsync("heater", PointValue.From(50));
        Assert.True(gpio.Chip.IsHigh(6));

        _fails = true;
        gpio.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(gpio.Chip.IsHigh(6));

        _fails = false;
        gpio.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(gpio.Chip.IsHigh(6));
        gpio.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(gpio.Chip.IsHigh(6));
    }

    private sealed class FlakyChip(IGpioChip chip, Func<bool> fails) : IGpioChip
    {
        public int? FindLine(string name) => chip.FindLine(name);

        public IGpioLines Request(IReadOnlyList<GpioLineSettings> lines) => new FlakyLines(chip.Request(lines), fails);

        public ValueTask DisposeAsync() => chip.DisposeAsync();
    }

    private sealed class FlakyLines(IGpioLines lines, Func<bool> fails) : IGpioLines
    {
        public TimeSpan Uptime => lines.Uptime;

        public IReadOnlyDictionary<int, GpioLineFault> LeftOut => lines.LeftOut;

        public GpioLineFault? Add(GpioLineSettings line) => lines.Add(line);

        public GpioLineFault? Change(GpioLineSettings line) => lines.Change(line);

        public bool Release(int line) => lines.Release(line);

        public bool Read(int line) => lines.Read(line);

        public void Write(int line, bool value)
        {
            if (fails())
            {
                throw new IOException("It does not take it.");
            }

            lines.Write(line, value);
        }

        public ValueTask<int> ReadEdgesAsync(Memory<GpioEdge> edges, CancellationToken cancellationToken) => lines.ReadEdgesAsync(edges, cancellationToken);

        public ValueTask DisposeAsync() => lines.DisposeAsync();
    }
}
