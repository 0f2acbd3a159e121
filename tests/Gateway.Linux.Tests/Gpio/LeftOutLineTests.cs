using Gateway.Abstractions.Buses;
using Gateway.Linux.Gpio;
using Gateway.Linux.Interop;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Gpio;

/// <summary>One line of a chip that cannot be had, and the others.</summary>
public sealed class LeftOutLineTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly FakeGpioKernel _kernel;
    private readonly FakeGpioKernel.FakeChip _fake;
    private readonly GpioChip _chip;
    private IGpioLines? _lines;

    public LeftOutLineTests()
    {
        _kernel = new FakeGpioKernel(_clock);
        _fake = _kernel.Add("gpiochip0", "pinctrl-bcm2711", 58);
        _chip = GpioChips.Open(["gpiochip0"], _kernel, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        if (_lines is not null)
        {
            await _lines.DisposeAsync();
        }

        await _chip.DisposeAsync();
        _kernel.Dispose();
    }

    [Fact]
    public void Lines_that_others_have_and_that_are_not_there_leave_a_counter_with_an_output_that_can_be_had()
    {
        _fake.Consumers[4] = "w1";
        _fake.Consumers[8] = "spi0 CS0";
        Take(Input(4), Input(17), Output(8, true), Output(27, true), Input(58));

        Assert.Equal([17, 27], Assert.Single(_kernel.Requests).Offsets);
        Assert.True(_fake.Levels[27]);
        Assert.Equal(
            [
                (4, "busy", "Line 4 of gpiochip0 is taken by 'w1'; end that, or use another line. (EBUSY)"),
                (8, "busy", "Line 8 of gpiochip0 is taken by 'spi0 CS0'; end that, or use another line. (EBUSY)"),
                (58, "not-there", "gpiochip0 has no line 58; its lines are 0 to 57. (EINVAL)"),
            ],
            LeftOut());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(9)]
    public void Of_lines_that_are_refused_together_only_the_one_that_is_refused_alone_is_left_out(int unusable)
    {
        _kernel.Unusable.Add(unusable);
        Take([.. Enumerable.Range(0, 10).Select(line => line % 2 == 0 ? Output(line, true) : Input(line))]);

        Assert.Equal([(unusable, "not-supported", $"gpiochip0 cannot use line {unusable} as asked; it may lack the bias, the edges or the direction. (EINVAL)")], LeftOut());
        Assert.Equal(Enumerable.Range(0, 10).Where(line => line != unusable), _kernel.Requests.SelectMany(request => request.Offsets).Order());
        Assert.Equal(9, _kernel.Requests.Sum(request => request.Offsets.Count)); // none was taken twice, so no output was given back
        Assert.All(Enumerable.Range(0, 10).Where(line => line % 2 == 0 && line != unusable), line => Assert.True(_fake.Levels[line]));
    }

    [Theory]
    [InlineData(Errno.ENXIO)]
    [InlineData(Errno.ENODEV)] // before Linux 5.17
    public void Counters_of_a_chip_without_interrupts_are_left_out_and_its_levels_are_polled(int errno)
    {
        _kernel.EdgesErrno = errno;
        Take(Input(4) with { MayBePolled = true }, Input(6) with { Edges = GpioEdges.Rising }, Input(7), Output(27, true));

        Assert.Equal([(6, "no-interrupts"), (7, "no-interrupts")], LeftOut().Select(each => (each.Line, each.Reason)));
        Assert.StartsWith("gpiochip0 has no interrupts, and line 6 cannot count without", LeftOut().First().Message, StringComparison.Ordinal);
        Assert.Equal([4], _lines!.Polled);
        Assert.True(_fake.Levels[27]);
    }

    [Theory]
    [InlineData(Errno.ENXIO)]
    [InlineData(Errno.ENODEV)] // before Linux 5.17
    public void A_line_of_a_chip_without_interrupts_does_not_become_a_counter(int errno)
    {
        _kernel.EdgesErrno = errno;
        Take(Input(4) with { MayBePolled = true }, Output(27, true));

        var fault = _lines!.Change(Input(4) with { Edges = GpioEdges.Rising });

        Assert.Equal("no-interrupts", fault?.Reason);
        Assert.StartsWith("gpiochip0 has no interrupts, and line 4 cannot count without", fault?.Message, StringComparison.Ordinal);
        Assert.Equal([4], _lines.Polled);
    }

    [Fact]
    public async Task A_line_that_becomes_free_is_added_and_its_edges_come_with_the_others()
    {
        _fake.Consumers[18] = "spi0 CS0";
        Take(Input(17), Input(18));
        Assert.Equal("busy", _lines!.Add(Input(18))?.Reason);
        _fake.Consumers.Remove(18);
        Assert.Null(_lines.Add(Input(18)));

        _kernel.Raise(18, true);
        _kernel.Raise(17, true);
        var edges = new List<int>();
        var buffer = new GpioEdge[8];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (edges.Count < 2)
        {
            var count = await _lines.ReadEdgesAsync(buffer, deadline.Token);
            edges.AddRange(buffer.Take(count).Select(edge => edge.Line));
        }

        Assert.Equal([17, 18], edges.Order());
        Assert.True(_lines.Read(18));
        Assert.Equal([[17], [18]], _kernel.Requests.Select(request => request.Offsets));
    }

    [Fact]
    public async Task A_line_that_becomes_another_leaves_outputs_at_their_levels_and_others_their_edges()
    {
        Take(Input(17), Input(18), Output(27, true), Output(5, false));
        _lines!.Write(27, false);
        _lines.Write(5, true);
        _kernel.Raise(18, true);

        Assert.Null(_lines.Change(Input(17) with { Debounce = TimeSpan.FromMilliseconds(5), IsActiveLow = true }));

        var request = _kernel.Requests[0];
        Assert.Equal((false, true), (_fake.Levels[27], _fake.Levels[5]));
        Assert.Equal((5000u, 0u), (request.DebounceOf(0), request.DebounceOf(1)));
        Assert.Equal((true, false), (request.IsActiveLow(0), request.IsActiveLow(1)));
        _kernel.Raise(18, false);
        var seen = new List<GpioEdge>();
        var buffer = new GpioEdge[8];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (seen.Count < 2)
        {
            seen.AddRange(buffer.Take(await _lines.ReadEdgesAsync(buffer, deadline.Token)));
        }

        Assert.Equal([(18, 0), (18, 0)], seen.Select(edge => (edge.Line, edge.Missed)));

        Assert.Null(_lines.Change(Output(18, true)));
        Assert.Equal((true, false, true), (_fake.Levels[18], _fake.Levels[27], _fake.Levels[5]));
        _kernel.Remove(_fake);
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => _lines.Change(Input(18))).Errno);
    }

    [Fact]
    public async Task Nothing_is_added_to_a_chip_that_is_gone_or_to_lines_that_were_given_back()
    {
        _fake.Consumers[18] = "spi0 CS0";
        Take(Input(17), Input(18));
        _kernel.Remove(_fake);
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => _lines!.Add(Input(18))).Errno);

        await _lines!.DisposeAsync();
        Assert.Equal("The lines of gpiochip0 were given back.", Assert.Throws<IOException>(() => _lines.Add(Input(18))).Message);
    }

    [Fact]
    public void Levels_are_apart_from_counters_unless_a_counter_would_be_alone_and_so_is_each_output()
    {
        var (level, counter, other, output, next) = (Input(1) with { MayBePolled = true }, Input(2), Input(3), Output(4, false), Output(5, false));

        Assert.Equal([[2, 4], [1], [5]], Split(level, counter, output, next));
        Assert.Equal([[2, 3], [1], [4], [5]], Split(level, counter, output, other, next));
        Assert.Equal([[1, 2]], Split(level, counter));
        Assert.Equal([[1], [4]], Split(output, level));
        Assert.Empty(Split());
    }

    private static IEnumerable<IEnumerable<int>> Split(params GpioLineSettings[] lines) =>
        RequestPlan.Split(lines).Select(request => request.Select(line => line.Line));

    private static GpioLineSettings Input(int line) => new() { Line = line, Edges = GpioEdges.Both, MayBeLeftOut = true };

    private static GpioLineSettings Output(int line, bool? initial) =>
        new() { Line = line, Direction = GpioDirection.Output, InitialValue = initial, MayBeLeftOut = true };

    private IEnumerable<(int Line, string Reason, string Message)> LeftOut() =>
        _lines!.LeftOut.Select(pair => (pair.Key, pair.Value.Reason, pair.Value.Message)).OrderBy(each => each.Key);

    private void Take(params GpioLineSettings[] lines) => _lines = _chip.Request(lines);
}
