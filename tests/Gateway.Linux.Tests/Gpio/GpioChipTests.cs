using Gateway.Abstractions.Buses;
using Gateway.Linux.Gpio;
using Gateway.Linux.Interop;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Gpio;

public sealed class GpioChipTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly FakeGpioKernel _kernel;
    private readonly FakeGpioKernel.FakeChip _fake;
    private readonly GpioChip _chip;
    private IGpioLines? _lines;

    public GpioChipTests()
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
    public void Lines_of_one_kind_are_one_request_without_attributes()
    {
        Take(Input(17) with { Bias = GpioBias.PullUp, IsActiveLow = true }, Input(18) with { Bias = GpioBias.PullUp, IsActiveLow = true });

        var request = Assert.Single(_kernel.Requests);
        Assert.Equal([17, 18], request.Offsets);
        Assert.Equal(("gateway", 1024u), (request.Consumer, request.BufferSize));
        Assert.Equal(0u, request.Configs[0].num_attrs);
        Assert.Equal(0x136ul, request.Configs[0].flags); // active low, input, both edges, pull-up
    }

    [Fact]
    public void Lines_of_several_kinds_are_told_apart_by_masks()
    {
        Take(
            Input(4) with { Debounce = TimeSpan.FromMilliseconds(20), Edges = GpioEdges.Rising },
            Input(6) with { Debounce = TimeSpan.FromMilliseconds(20), Bias = GpioBias.PullDown },
            Input(8) with { Debounce = TimeSpan.FromMilliseconds(5), Bias = GpioBias.Disabled, Edges = GpioEdges.Falling });

        var request = Assert.Single(_kernel.Requests);
        Assert.Equal([0x14ul, 0x234, 0x424], Enumerable.Range(0, 3).Select(request.FlagsOf));
        Assert.Equal([20_000u, 20_000, 5_000], Enumerable.Range(0, 3).Select(request.DebounceOf));
    }

    [Fact]
    public void A_counter_and_an_output_are_told_apart_by_masks()
    {
        Take(Output(7, false) with { IsActiveLow = true }, Input(4) with { Debounce = TimeSpan.FromMilliseconds(20), Edges = GpioEdges.Rising });

        var request = Assert.Single(_kernel.Requests);
        Assert.Equal([4, 7], request.Offsets);
        Assert.Equal([0x14ul, 0x0A], Enumerable.Range(0, 2).Select(request.FlagsOf));
        Assert.Equal([20_000u, 0], Enumerable.Range(0, 2).Select(request.DebounceOf));
        Assert.True(_fake.Levels[7]); // an inactive output that is active low is high
    }

    [Fact]
    public void What_takes_more_than_ten_attributes_or_64_lines_becomes_several_requests()
    {
        Take([.. Enumerable.Range(0, 14).Select(line => Input(line) with { Debounce = TimeSpan.FromMilliseconds(line + 1) })]);

        Assert.Equal([10, 4], _kernel.Requests.Select(request => request.Offsets.Count));
        Assert.Equal(Enumerable.Range(0, 14), _kernel.Requests.SelectMany(request => request.Offsets));
        Assert.Equal([64, 6], RequestPlan.Split([.. Enumerable.Range(0, 70).Select(Input)]).Select(request => request.Count));
    }

    // As the test bed has it: by number they need two requests, by their twelve debounce times and two levels two as well.
    [Fact]
    public async Task Seventy_lines_of_many_kinds_are_two_requests()
    {
        _kernel.Add("gpiochip1", "many", 70);
        await using var chip = GpioChips.Open(["many"], _kernel, _clock);
        await using var lines = chip.Request(
            [.. Enumerable.Range(0, 70).Select(line => Input(line) with { MayBePolled = true, IsActiveLow = line % 3 != 0, Debounce = TimeSpan.FromMilliseconds((line % 12) + 1) })]);

        Assert.Equal(2, _kernel.Requests.Count);
        Assert.Equal(70, _kernel.Requests.Sum(request => request.Offsets.Count));
    }

    [Theory]
    [InlineData(Errno.ENXIO)]
    [InlineData(Errno.ENODEV)] // before Linux 5.17
    public void Levels_of_a_chip_without_interrupts_are_polled(int errno)
    {
        _kernel.EdgesErrno = errno;
        _fake.Levels[4] = true;
        Take(Input(4) with { MayBePolled = true, Debounce = TimeSpan.FromMilliseconds(20) }, Output(5, true));

        Assert.Equal([4], _lines!.Polled);
        Assert.Equal((true, true), (_lines.Read(4), _fake.Levels[5]));
        var request = _kernel.Requests[0];
        Assert.Equal((0x04ul, 0u, 0u), (request.FlagsOf(0), request.DebounceOf(0), request.BufferSize));
    }

    [Fact]
    public void A_counter_on_a_chip_without_interrupts_is_refused()
    {
        _kernel.EdgesErrno = Errno.ENXIO;
        var fault = Assert.Throws<LinuxException>(() => Take(Input(4) with { MayBePolled = true }, Input(6) with { Edges = GpioEdges.Rising }));

        Assert.StartsWith("gpiochip0 has no interrupts, and line 6 cannot count without", fault.Message);
    }

    [Fact]
    public void An_output_that_is_to_stay_is_driven_at_the_level_that_it_has()
    {
        _fake.Levels[5] = true;
        Take(Output(5, null), Output(6, null), Output(7, true), Output(8, null) with { IsActiveLow = true });

        Assert.Equal([2, 2, 1, 2], _kernel.Requests.Select(request => request.Configs.Count));
        Assert.Equal([0x08ul, 0x08, 0x08, 0x0A], _kernel.Requests.Select(request => request.FlagsOf(0)));
        Assert.Equal([true, false, true, false], _fake.Levels[5..9]);
        Assert.Equal([true, false, true, true], new[] { 5, 6, 7, 8 }.Select(_lines!.Read));
    }

    [Fact]
    public void Values_are_by_the_active_level()
    {
        Take(Input(17) with { IsActiveLow = true }, Output(27, false), Output(28, false) with { IsActiveLow = true });
        Assert.True(_lines!.Read(17));
        _fake.Levels[17] = true;
        Assert.False(_lines.Read(17));

        _lines.Write(27, true);
        _lines.Write(28, true);
        Assert.Equal([true, false], _fake.Levels[27..29]);
        Assert.True(_lines.Read(28));
    }

    [Fact]
    public async Task Edges_come_with_their_times_in_both_clocks()
    {
        Take(Input(17), Input(18) with { IsActiveLow = true });
        _clock.Advance(TimeSpan.FromSeconds(100));
        var (time, uptime) = (_clock.GetUtcNow(), TimeSpan.FromSeconds(100));
        _kernel.Raise(17, true);
        Assert.Equal([new GpioEdge(17, true, time, uptime, 0)], await EdgesAsync(1));

        _clock.Advance(TimeSpan.FromMilliseconds(3));
        _kernel.Raise(18, true);
        Assert.Equal([new GpioEdge(18, false, time.AddMilliseconds(3), uptime + TimeSpan.FromMilliseconds(3), 0)], await EdgesAsync(1));
        Assert.Equal(uptime + TimeSpan.FromMilliseconds(3), _lines!.Uptime);
    }

    [Fact]
    public async Task The_numbers_of_events_say_how_many_were_lost_and_of_which_line()
    {
        Take(Input(17), Input(18));
        _kernel.Requests[0].Losing = 3;
        _kernel.Raise(17, true);
        _kernel.Raise(17, false);
        _kernel.Raise(18, true);
        _kernel.Raise(17, true);
        _kernel.Raise(17, false);
        _kernel.Raise(18, false);

        Assert.Equal([(17, 2), (17, 0), (18, 1)], (await EdgesAsync(3)).Select(edge => (edge.Line, edge.Missed)));
    }

    [Fact]
    public async Task An_edge_that_was_laid_to_the_wrong_line_is_taken_back_when_its_own_line_tells_of_it()
    {
        Take(Input(17), Input(18));
        _kernel.Raise(17, true);
        Assert.Equal(0, (await EdgesAsync(1))[0].Missed);
        _kernel.Requests[0].Losing = 1;
        _kernel.Raise(18, true);

        var isHigh = true;
        async Task<int> RaiseBusyAsync()
        {
            _kernel.Raise(17, isHigh = !isHigh);
            return (await EdgesAsync(1))[0].Missed;
        }

        await Eventually.TrueAsync(async () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(50));
            return await RaiseBusyAsync() == 1;
        });
        _kernel.Raise(18, false);
        Assert.Equal(1, (await EdgesAsync(1))[0].Missed);
        Assert.Equal(-1, await RaiseBusyAsync());
        Assert.Equal(0, await RaiseBusyAsync());
    }

    [Fact]
    public async Task Ten_thousand_edges_arrive_in_order_though_nobody_reads_for_a_while()
    {
        Take(Input(17) with { Edges = GpioEdges.Rising });
        var raising = Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                _kernel.Raise(17, true, at: i * 1000);
            }
        });
        // More than the buffer holds: the pipe begins to fill, as the kernel's buffer would.
        await Eventually.TrueAsync(() => _kernel.Requests[0].Written > 4500);

        var edges = await EdgesAsync(10_000);
        await raising;
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => TimeSpan.FromTicks(i * 10)), edges.Select(edge => edge.Uptime));
        Assert.All(edges, edge => Assert.Equal(0, edge.Missed));
    }

    [Fact]
    public async Task Where_the_kernel_cannot_debounce_we_do()
    {
        _kernel.RefusesDebounce = true;
        Take(Input(17) with { Debounce = TimeSpan.FromMilliseconds(20), Edges = GpioEdges.Rising }, Output(27, true));
        var request = Assert.Single(_kernel.Requests);
        Assert.Equal((0x34ul, 0u, true), (request.FlagsOf(0), request.DebounceOf(0), _fake.Levels[27]));

        foreach (var isHigh in new[] { true, false, true, false, true })
        {
            _kernel.Raise(17, isHigh);
            _clock.Advance(TimeSpan.FromMilliseconds(10));
            Assert.False(_lines!.Read(17));
        }

        _clock.Advance(TimeSpan.FromMilliseconds(10));
        var edge = Assert.Single(await EdgesAsync(1));
        Assert.Equal((17, true, TimeSpan.FromMilliseconds(60)), (edge.Line, edge.Value, edge.Uptime));
        Assert.True(_lines!.Read(17));
    }

    [Fact]
    public void A_busy_line_is_named_with_whoever_has_it()
    {
        _fake.Consumers[18] = "spi0 CS0";
        Assert.Equal(
            "Line 18 of gpiochip0 is taken by 'spi0 CS0'; end that, or use another line. (EBUSY)",
            Assert.Throws<LinuxException>(() => Take(Input(17), Input(18))).Message);
        _fake.Consumers[18] = "gateway";
        Assert.Equal(
            "Line 18 of gpiochip0 is taken by 'gateway' (another bus of the map by another name, or another process); end that, or use another line. (EBUSY)",
            Assert.Throws<LinuxException>(() => Take(Input(17), Input(18))).Message);
        _fake.Consumers.Clear();
        Take(Input(17), Input(18));
        Assert.Equal("gateway", _chip.ListLines()[17].Consumer);
    }

    [Fact]
    public void A_line_that_is_not_there_is_an_error_and_a_name_is_found()
    {
        _fake.Names[17] = "GPIO17";
        Assert.Equal((17, null), (_chip.FindLine("GPIO17"), _chip.FindLine("GPIO18")));
        Assert.Equal(
            "gpiochip0 has no line 58; its lines are 0 to 57. (EINVAL)", Assert.Throws<LinuxException>(() => Take(Input(58))).Message);
    }

    [Fact]
    public async Task A_chip_that_is_pulled_ends_the_waiting_and_every_call()
    {
        Take(Input(17), Output(27, false));
        var waiting = _lines!.ReadEdgesAsync(new GpioEdge[8], CancellationToken.None).AsTask();
        _kernel.Remove(_fake);

        Assert.Equal(
            "The GPIO chip gpiochip0 is gone; it is taken up again when it is back. (ENODEV)",
            (await Assert.ThrowsAsync<LinuxException>(() => waiting)).Message);
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => _lines.Read(17)).Errno);
        Assert.Equal(Errno.ENODEV, Assert.Throws<LinuxException>(() => _lines.Write(27, true)).Errno);
    }

    [Fact]
    public async Task Lines_that_were_given_back_say_so()
    {
        Take(Input(17));
        var waiting = _lines!.ReadEdgesAsync(new GpioEdge[8], CancellationToken.None).AsTask();
        await _lines.DisposeAsync();
        Assert.Equal("The lines of gpiochip0 were given back.", (await Assert.ThrowsAsync<IOException>(() => waiting)).Message);
        Assert.Equal("The lines of gpiochip0 were given back.", Assert.Throws<IOException>(() => _lines.Read(17)).Message);
    }

    [Theory]
    [InlineData("header", "/dev/gpiochip4")]
    [InlineData("pinctrl-rp1", "/dev/gpiochip4")]
    [InlineData("gpiochip0", "/dev/gpiochip0")]
    [InlineData("/dev/gpiochip2", "/dev/gpiochip2")]
    [InlineData("mcp23017", "/dev/gpiochip2")]
    public void A_chip_is_found_by_path_name_label_or_as_the_header(string name, string path)
    {
        using var kernel = new FakeGpioKernel(_clock);
        kernel.Add("gpiochip0", "gpio-brcmstb@107d508500", 32);
        kernel.Add("gpiochip2", "mcp23017", 16);
        kernel.Add("gpiochip4", "pinctrl-rp1", 54);

        Assert.Equal(path, GpioChips.Open(["not-there", name], kernel, _clock).Info.Path);
    }

    [Fact]
    public void A_chip_that_cannot_be_had_says_what_there_is()
    {
        using var kernel = new FakeGpioKernel(_clock);
        Assert.Equal("There is no GPIO chip 'header'; none is there at all. (ENODEV)", Refusal(kernel, "header"));
        kernel.Add("gpiochip0", "a", 32);
        kernel.Add("gpiochip1", "twin", 32);
        kernel.Add("gpiochip2", "twin", 32);
        Assert.Equal(
            "There is no GPIO chip 'header' or 'gpiochip9'; there are gpiochip0 (a), gpiochip1 (twin), gpiochip2 (twin). (ENODEV)",
            Refusal(kernel, "header", "gpiochip9"));
        Assert.Equal("Several GPIO chips are labelled 'twin': gpiochip1, gpiochip2; name one by its path. (EINVAL)", Refusal(kernel, "twin"));
        kernel.Add("gpiochip3", "pinctrl-rp1", 54, openErrno: Errno.EACCES);
        Assert.Equal("/dev/gpiochip3 may not be opened; add the user to the group 'gpio' that the device belongs to. (EACCES)", Refusal(kernel, "header"));
    }

    private static GpioLineSettings Input(int line) => new() { Line = line, Edges = GpioEdges.Both };

    private static GpioLineSettings Output(int line, bool? initial) => new() { Line = line, Direction = GpioDirection.Output, InitialValue = initial };

    private string Refusal(FakeGpioKernel kernel, params string[] names) => Assert.Throws<LinuxException>(() => GpioChips.Open(names, kernel, _clock)).Message;

    private void Take(params GpioLineSettings[] lines) => _lines = _chip.Request(lines);

    private async Task<List<GpioEdge>> EdgesAsync(int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var edges = new List<GpioEdge>();
        var buffer = new GpioEdge[16];
        while (edges.Count < count)
        {
            edges.AddRange(buffer.AsSpan(0, await _lines!.ReadEdgesAsync(buffer, deadline.Token)));
        }

        return edges;
    }
}
