using Gateway.Abstractions.Buses;
using Gateway.Linux.Spi;

namespace Gateway.Linux.Tests.Spi;

public sealed class SpiDeviceTests
{
    [Fact]
    public void What_is_sent_and_received_has_one_length()
    {
        var kernel = new FakeSpiKernel { Answer = [1, 2, 3] };
        using var device = new SpiDevice(kernel, "/dev/spidev0.0", new() { Mode = 3, ClockHertz = 500_000 });
        var read = new byte[3];

        device.Transfer([6, 128, 0], read);

        Assert.Equal([1, 2, 3], read);
        Assert.Equal((3, 500_000), (kernel.Settings!.Mode, kernel.Settings.ClockHertz));
        Assert.Throws<ArgumentException>(() => device.Transfer([6, 128, 0], new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Transfer([], []));
    }

    [Theory]
    [InlineData(110, "timeout")]
    [InlineData(108, "gone")]
    [InlineData(5, "io-error")]
    public void A_failure_is_that_of_the_whole_bus(int errno, string reason)
    {
        var kernel = new FakeSpiKernel();
        using var device = new SpiDevice(kernel, "/dev/spidev0.0", new());
        kernel.Errno = errno;

        var fault = Assert.Throws<BusException>(() => device.Transfer([0], new byte[1]));

        Assert.Equal((reason, true), (fault.Reason, fault.IsBusFault));
    }

    [Fact]
    public void A_controller_that_cannot_do_it_is_said_so() => Assert.Equal(
        "The controller of /dev/spidev0.0 cannot do mode 1, 8 bits, 1000000 Hz (EINVAL).",
        Assert.Throws<BusException>(() => new SpiDevice(new FakeSpiKernel { Errno = 22 }, "/dev/spidev0.0", new() { Mode = 1 })).Message);

    [Fact]
    public void A_device_that_is_not_there_is_said_so() =>
        Assert.Contains("raspi-config", Assert.Throws<BusException>(() => SpiDevice.Open("99.9", new())).Message, StringComparison.Ordinal);

    private sealed class FakeSpiKernel : ISpiKernel
    {
        public SpiSettings? Settings { get; private set; }

        public byte[] Answer { get; init; } = [];

        public int Errno { get; set; }

        public int Set(SpiSettings settings)
        {
            Settings = settings;
            return Errno;
        }

        public int Transfer(ReadOnlySpan<byte> written, Span<byte> read)
        {
            Answer.CopyTo(read);
            return Errno;
        }

        public void Dispose()
        {
        }
    }
}
