using Gateway.Abstractions;
using Gateway.Abstractions.Buses;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Gpio;

public sealed class LevelTests
{
    [Fact]
    public async Task A_level_that_was_read_before_an_edge_is_not_told_after_it()
    {
        GpioFixture? fixture = null;
        var taken = 0;
        var isRaced = false;
        var isHigh = false;
        await using var gpio = fixture = new GpioFixture(GpioFixture.Input("door", ("line", "17")))
        {
            Wrap = chip => new HookedChip(chip, () => Interlocked.Increment(ref taken), () =>
            {
                // The edge comes, and is taken, before the read that saw the old level is over.
                if (isRaced)
                {
                    isRaced = false;
                    var before = Volatile.Read(ref taken);
                    fixture!.Chip.Drive(17, isHigh);
                    Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref taken) > before, TimeSpan.FromSeconds(60)));
                }
            }),
        };
        await gpio.OpenAsync();
        for (var i = 0; i < 200; i++)
        {
            (isHigh, isRaced) = (!isHigh, true);
            var told = gpio.Sink.All.Count;
            gpio.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await gpio.ReadAsync();

            await Eventually.TrueAsync(() => gpio.Sink.All.Count == told + 2);
            Assert.Equal(PointValue.From(isHigh), gpio.Sink["door"].Value);
        }
    }

    /// <summary>Calls back when edges were taken, and between a level's being read and its being handed over.</summary>
    private sealed class HookedChip(IGpioChip chip, Action edgesTaken, Action levelRead) : IGpioChip
    {
        public int? FindLine(string name) => chip.FindLine(name);

        public IGpioLines Request(IReadOnlyList<GpioLineSettings> lines) => new HookedLines(chip.Request(lines), edgesTaken, levelRead);

        public ValueTask DisposeAsync() => chip.DisposeAsync();
    }

    private sealed class HookedLines(IGpioLines lines, Action edgesTaken, Action levelRead) : IGpioLines
    {
        public TimeSpan Uptime => lines.Uptime;

        public IReadOnlyDictionary<int, GpioLineFault> LeftOut => lines.LeftOut;

        public GpioLineFault? Add(GpioLineSettings line) => lines.Add(line);

        public GpioLineFault? Change(GpioLineSettings line) => lines.Change(line);

        public bool Release(int line) => lines.Release(line);

        public bool Read(int line)
        {
            var value = lines.Read(line);
            levelRead();
            return value;
        }

        public void Write(int line, bool value) => lines.Write(line, value);

        public async ValueTask<int> ReadEdgesAsync(Memory<GpioEdge> edges, CancellationToken cancellationToken)
        {
            var count = await lines.ReadEdgesAsync(edges, cancellationToken);
            edgesTaken();
            return count;
        }

        public ValueTask DisposeAsync() => lines.DisposeAsync();
    }
}
