using Gateway.Abstractions.Buses;
using Gateway.Linux.Gpio;
using Gateway.Linux.Interop;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Gpio;

/// <summary>One line is given back, and the others stay.</summary>
public sealed class ReleaseTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly FakeGpioKernel _kernel;
    private readonly FakeGpioKernel.FakeChip _fake;
    private readonly GpioChip _chip;
    private readonly IGpioLines _lines;

    public ReleaseTests()
    {
        _kernel = new FakeGpioKernel(_clock);
        _fake = _kernel.Add("gpiochip0", "pinctrl-bcm2711", 58);
        _chip = GpioChips.Open(["gpiochip0"], _kernel, _clock);
        _lines = _chip.Request([Input(17), Input(18), Output(27, true), Output(5, true)]);
    }

    public async ValueTask DisposeAsync()
    {
        await _lines.DisposeAsync();
        await _chip.DisposeAsync();
        _kernel.Dispose();
    }

    [Fact]
    public async Task An_output_is_free_at_once_and_nothing_else_is_touched()
    {
        Assert.Equal([[17, 18], [27], [5]], _kernel.Requests.Select(request => request.Offsets));
        _kernel.Raise(17, true);

        Assert.True(_lines.Release(27));

        await Eventually.TrueAsync(() => _kernel.Requests[1].IsGivenBack);
        Assert.Equal([(false, 1), (false, 1)], new[] { 0, 2 }.Select(i => (_kernel.Requests[i].IsGivenBack, _kernel.Requests[i].Configs.Count)));
        Assert.Equal((true, true), (_fake.Levels[5], _lines.Read(5)));
        _kernel.Raise(18, true);
        Assert.Equal([(17, 0), (18, 0)], await EdgesAsync(2));
        Assert.Throws<IOException>(() => _lines.Read(27));
        Assert.Throws<IOException>(() => _lines.Release(27));

        // Somebody else may have it, and then it is busy.
        await using var others = _chip.Request([Output(27, false)]);
        Assert.Equal("busy", _lines.Add(Output(27, true))?.Reason);
        Assert.False(_fake.Levels[27]);
    }

    [Fact]
    public async Task An_input_that_was_taken_with_others_tells_nothing_until_they_go_too()
    {
        Assert.False(_lines.Release(17));

        Assert.Equal((0x04ul, 0x34ul), (_kernel.Requests[0].FlagsOf(0), _kernel.Requests[0].FlagsOf(1)));
        Assert.Throws<IOException>(() => _lines.Read(17));
        _kernel.Raise(17, true);
        _kernel.Raise(18, true);
        Assert.Equal([(18, 0)], await EdgesAsync(1));

        // It may be had again, in its old place.
        Assert.Null(_lines.Add(Input(17) with { IsActiveLow = true }));
        Assert.Equal(3, _kernel.Requests.Count);
        _kernel.Raise(17, false);
        _kernel.Raise(18, false);
        Assert.Equal([(17, 0), (18, 0)], await EdgesAsync(2));
        Assert.True(_lines.Read(17));

        Assert.False(_lines.Release(18));
        Assert.True(_lines.Release(17));
        await Eventually.TrueAsync(() => _kernel.Requests[0].IsGivenBack);
        Assert.Null(_lines.Add(Input(18)));
        Assert.Equal([18], _kernel.Requests[3].Offsets);
        _kernel.Raise(18, true);
        Assert.Equal([(18, 0)], await EdgesAsync(1));
    }

    [Fact]
    public async Task An_output_that_a_counter_needs_beside_it_stays_at_its_level()
    {
        await using var lines = _chip.Request([Input(2), Output(3, true)]);
        var request = _kernel.Requests[^1];
        Assert.Equal([2, 3], request.Offsets);

        Assert.False(lines.Release(3));

        Assert.True(_fake.Levels[3]);
        Assert.Single(request.Configs);
        Assert.Null(lines.Add(Output(3, null)));
        Assert.True(lines.Read(3));
    }

    [Fact]
    public async Task Nothing_is_given_back_of_a_chip_that_is_gone_or_of_lines_that_were_given_back()
    {
        _kernel.Remove(_fake);
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => _lines.Release(17)).Errno);

        await _lines.DisposeAsync();
        Assert.Equal("The lines of gpiochip0 were given back.", Assert.Throws<IOException>(() => _lines.Release(18)).Message);
    }

    private static GpioLineSettings Input(int line) => new() { Line = line, Edges = GpioEdges.Both, MayBeLeftOut = true };

    private static GpioLineSettings Output(int line, bool? initial) =>
        new() { Line = line, Direction = GpioDirection.Output, InitialValue = initial, MayBeLeftOut = true };

    private async Task<List<(int Line, int Missed)>> EdgesAsync(int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var edges = new List<(int, int)>();
        var buffer = new GpioEdge[8];
        while (edges.Count < count)
        {
            edges.AddRange(buffer.Take(await _lines.ReadEdgesAsync(buffer, deadline.Token)).Select(edge => (edge.Line, edge.Missed)));
        }

        return edges;
    }
}
