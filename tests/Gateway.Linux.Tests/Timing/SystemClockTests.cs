using Gateway.Linux.Timing;
using Gateway.TestSupport;

namespace Gateway.Linux.Tests.Timing;

/// <summary>What is made of what machines show of their clocks.</summary>
public sealed class SystemClockTests : IDisposable
{
    private static readonly DateTimeOffset Built = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly ClockSigns Board = new()
    {
        Now = Now,
        NotBefore = Built,
        IsKernelSynchronised = false,
        IsSetByTimesync = false,
        RealTimeClock = null,
        HasTimeService = true,
        IsBoard = true,
    };

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("clock-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_board_that_has_just_booted_knows_nothing() => Assert.False(Board.IsSynchronised);

    [Fact]
    public void The_kernel_is_believed() => Assert.True((Board with { IsKernelSynchronised = true }).IsSynchronised);

    [Fact]
    public void Timesyncd_is_believed() => Assert.True((Board with { IsSetByTimesync = true, IsKernelSynchronised = null }).IsSynchronised);

    [Fact]
    public void Nobody_is_believed_before_the_program_was_built() =>
        Assert.False((Board with { Now = Built - TimeSpan.FromDays(1), IsKernelSynchronised = true, IsSetByTimesync = true, RealTimeClock = Built - TimeSpan.FromDays(1) }).IsSynchronised);

    [Fact]
    public void One_that_a_service_sets_or_that_stands_before_the_program_was_built_may_become_right()
    {
        Assert.True(Board.MayBeSynchronised);
        Assert.False((Board with { HasTimeService = false }).MayBeSynchronised);
        Assert.True((Board with { HasTimeService = false, Now = Built - TimeSpan.FromDays(1) }).MayBeSynchronised);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-2, true)]
    [InlineData(2, true)]
    [InlineData(-3, false)]
    [InlineData(600, false)]
    public void A_battery_backed_clock_that_agrees_is_believed(int ahead, bool isBelieved) =>
        Assert.Equal(isBelieved, (Board with { RealTimeClock = Now + TimeSpan.FromSeconds(ahead) }).IsSynchronised);

    [Fact]
    public void A_battery_backed_clock_proves_nothing_and_all_others_do()
    {
        Assert.False((Board with { RealTimeClock = Now }).IsProven);
        Assert.True((Board with { RealTimeClock = Now, IsKernelSynchronised = true }).IsProven);
        Assert.True((Board with { IsSetByTimesync = true }).IsProven);
        Assert.True((Board with { RealTimeClock = Now, HasTimeService = false, IsBoard = false }).IsProven);
        Assert.False((Board with { Now = Built - TimeSpan.FromDays(1), IsKernelSynchronised = true }).IsProven);
    }

    [Fact]
    public void One_whose_battery_is_empty_is_not() =>
        Assert.False((Board with { RealTimeClock = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(20) }).IsSynchronised);

    [Theory]
    [InlineData(false, false, true)] // a container, a virtual machine: its host sees to the time
    [InlineData(true, false, false)] // somebody will set it
    [InlineData(false, true, false)] // a board that nobody ever will
    public void Without_any_sign_the_clock_of_a_host_is_believed(bool hasTimeService, bool isBoard, bool isBelieved)
    {
        var signs = Board with { HasTimeService = hasTimeService, IsBoard = isBoard };
        Assert.Equal(isBelieved, signs.IsSynchronised);
        Assert.Equal(isBelieved, (signs with { IsKernelSynchronised = null }).IsSynchronised);
    }

    [Fact]
    public void The_signs_are_found_where_Linux_keeps_them()
    {
        Write("var/lib/systemd/timesync/clock", "");
        File.SetLastWriteTimeUtc(Path.Combine(_root.FullName, "var/lib/systemd/timesync/clock"), Now.UtcDateTime.AddHours(-1));
        Write("sys/class/rtc/rtc1/since_epoch", $"{Now.ToUnixTimeSeconds()}\n");
        Write("proc/sys/kernel/random/boot_id", "a5563bd0-6ea1-49da-8571-2bd0ecd2d4bc\n");
        var clock = new SystemClock(new ManualTimeProvider(Now), _root.FullName, Built);

        var signs = clock.Look();
        Assert.Equal((Now, Now - TimeSpan.FromHours(1), Now), (signs.Now, signs.NotBefore, signs.RealTimeClock));
        Assert.Equal((false, false), (signs.IsSetByTimesync, signs.HasTimeService));
        Assert.Equal("a5563bd0-6ea1-49da-8571-2bd0ecd2d4bc", clock.BootId);

        Write("run/systemd/timesync/synchronized", "");
        Assert.Equal((true, true), (clock.Look().IsSetByTimesync, clock.Look().HasTimeService));
    }

    [Fact]
    public void The_uptime_is_that_of_the_machine()
    {
        var before = SystemClock.Uptime;
        var read = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(read, before.TotalSeconds - 0.02, SystemClock.Uptime.TotalSeconds + 0.02);
    }

    [PeerFact(Peer.Compiler)]
    public async Task The_kernel_says_the_same_by_the_headers_of_the_C_library()
    {
        Write("ask.c", """
            #include <stdio.h>
            #include <sys/timex.h>
            int main(void)
            {
                struct timex time = { 0 };
                int result = adjtimex(&time);
                printf("%d %d", result < 0 ? -1 : !(time.status & STA_UNSYNC), sizeof time <= 256);
            }
            """);
        var program = Path.Combine(_root.FullName, "ask");
        await using var compiler = PeerProcess.Start("cc", ["-o", program, program + ".c"]);
        Assert.Equal(0, await compiler.WaitForExitAsync());
        await using var ask = PeerProcess.Start(program, []);
        await ask.WaitForExitAsync();

        var kernel = new SystemClock(TimeProvider.System).Look().IsKernelSynchronised;
        Assert.Equal($"{(kernel is { } known ? (known ? 1 : 0) : -1)} 1", ask.Output.Trim());
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
