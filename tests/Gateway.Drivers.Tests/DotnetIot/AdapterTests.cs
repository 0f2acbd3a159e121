using System.Collections.Concurrent;
using System.Device.Gpio;
using System.Device.Spi;
using Gateway.Abstractions.Buses;
using Gateway.Drivers.DotnetIot.Adapters;
using Gateway.Drivers.Gpio;
using Gateway.Drivers.Tests.I2c;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.DotnetIot;

/// <summary>The gateway's lines and buses as bindings of the .NET IoT world take them.</summary>
public sealed class AdapterTests
{
    private const int Pin = 17;

    private readonly SimulatedGpioChip _chip = new(TimeProvider.System);

    [Fact]
    public void A_pin_is_read_by_its_mode_and_driven_from_its_first_value_on()
    {
        using (var controller = Controller())
        {
            controller.OpenPin(Pin, PinMode.InputPullUp);
            Assert.Equal((PinValue.High, PinMode.InputPullUp), (controller.Read(Pin), controller.GetPinMode(Pin)));
            _chip.Drive(Pin, false);
            Assert.Equal(PinValue.Low, controller.Read(Pin));
            controller.ClosePin(Pin);

            controller.OpenPin(Pin, PinMode.Output, PinValue.High);
            Assert.True(_chip.IsHigh(Pin));
            controller.Write(Pin, PinValue.Low);
            Assert.False(_chip.IsHigh(Pin));
            Assert.False(controller.IsPinModeSupported(Pin, (PinMode)99));
        }

        using var lines = _chip.Request([new GpioLineSettings { Line = Pin, Direction = GpioDirection.Input }]) as IDisposable; // given back
    }

    [Fact]
    public void A_pin_that_is_not_open_is_told()
    {
        using var controller = Controller();

        Assert.Equal("Pin 17 is not open.", Assert.Throws<InvalidOperationException>(() => controller.Read(Pin)).Message);
    }

    [Fact]
    public async Task Edges_are_told_to_those_who_asked_for_their_kind_and_a_callback_may_read_the_pin()
    {
        var told = new ConcurrentQueue<string>();
        using var controller = Controller();
        controller.OpenPin(Pin, PinMode.Input);
        void OnBoth(object sender, PinValueChangedEventArgs args) => told.Enqueue($"both {args.ChangeType} of {args.PinNumber}");
        controller.RegisterCallbackForPinValueChangedEvent(Pin, PinEventTypes.Rising | PinEventTypes.Falling, OnBoth);
        controller.RegisterCallbackForPinValueChangedEvent(Pin, PinEventTypes.Rising, (_, _) => throw new InvalidOperationException("A binding fails."));
        controller.RegisterCallbackForPinValueChangedEvent(Pin, PinEventTypes.Falling, (_, _) => told.Enqueue($"falling, {(bool)controller.Read(Pin)}"));

        _chip.Drive(Pin, true);
        await Eventually.TrueAsync(() => told.Count == 1);
        _chip.Drive(Pin, false);
        await Eventually.TrueAsync(() => told.Count == 3);
        Assert.Equal(["both Rising of 17", "both Falling of 17", "falling, False"], told);

        controller.UnregisterCallbackForPinValueChangedEvent(Pin, OnBoth);
        _chip.Drive(Pin, true);
        _chip.Drive(Pin, false);
        await Eventually.TrueAsync(() => told.Count == 4);
        Assert.Equal("falling, False", told.Last());
    }

    [Fact]
    public async Task Who_waits_for_an_edge_is_told_which_it_was_or_that_none_came()
    {
        using var controller = Controller();
        controller.OpenPin(Pin, PinMode.Input);
        var waiting = Task.Run(() => controller.WaitForEvent(Pin, PinEventTypes.Falling, CancellationToken.None));
        await Eventually.TrueAsync(() =>
        {
            _chip.Drive(Pin, true);
            _chip.Drive(Pin, false);
            return waiting.IsCompleted;
        });

        Assert.Equal((PinEventTypes.Falling, false), ((await waiting).EventTypes, (await waiting).TimedOut));
        Assert.True(controller.WaitForEvent(Pin, PinEventTypes.Falling, new CancellationToken(canceled: true)).TimedOut);
    }

    [Fact]
    public async Task A_callback_may_close_its_own_pin()
    {
        using var controller = Controller();
        var closed = new TaskCompletionSource();
        controller.OpenPin(Pin, PinMode.Input);
        controller.RegisterCallbackForPinValueChangedEvent(Pin, PinEventTypes.Rising, (_, _) =>
        {
            controller.ClosePin(Pin);
            closed.SetResult();
        });

        _chip.Drive(Pin, true);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Throws<InvalidOperationException>(() => controller.Read(Pin));
    }

    [Fact]
    public void A_chip_on_i2c_is_written_and_read_in_one_transfer_and_knows_where_it_is()
    {
        var hardware = new SimulatedI2cBus();
        var chip = new SimulatedRegisters();
        chip.Set(0x10, 1, 2, 3);
        hardware[0x76] = chip;
        using var bus = hardware.Open();
        using var device = new HardwareI2cDevice(bus, "3", 0x76);
        var read = new byte[2];
        device.WriteRead([0x11], read);
        Assert.Equal([2, 3], read);
        device.Write([0x10, 9]);
        device.WriteByte(0x10);
        Assert.Equal(9, device.ReadByte());
        Assert.Equal((3, 0x76), (device.ConnectionSettings.BusId, device.ConnectionSettings.DeviceAddress));
        using var named = new HardwareI2cDevice(bus, "stub", 0x77);
        Assert.Equal(0, named.ConnectionSettings.BusId);
        Assert.Equal(BusReasons.NoAck, Assert.Throws<BusException>(() => named.ReadByte()).Reason);
    }

    [Fact]
    public void A_chip_on_spi_is_spoken_to_with_its_settings_and_closed_once()
    {
        var loop = new Loop();
        var device = new HardwareSpiDevice(loop, "0.1", new SpiSettings { Mode = 3, ClockHertz = 500_000 });
        var read = new byte[3];
        device.TransferFullDuplex([1, 2, 3], read);
        Assert.Equal([1, 2, 3], read);
        device.WriteByte(7);
        Assert.Equal(0, device.ReadByte());
        Assert.Equal(["010203", "07", "00"], loop.Written);
        var settings = device.ConnectionSettings;
        Assert.Equal((0, 1, SpiMode.Mode3, 500_000, 8), (settings.BusId, settings.ChipSelectLine, settings.Mode, settings.ClockFrequency, settings.DataBitLength));
        device.Dispose();
        device.Dispose();
        Assert.Equal(1, loop.Disposals);
    }

    private GpioController Controller() => new(new HardwareGpioDriver(_chip));

    /// <summary>What is sent comes back.</summary>
    private sealed class Loop : ISpiDevice
    {
        public List<string> Written { get; } = [];

        public int Disposals { get; private set; }

        public void Transfer(ReadOnlySpan<byte> written, Span<byte> read)
        {
            Written.Add(Convert.ToHexString(written));
            written[..read.Length].CopyTo(read);
        }

        public void Dispose() => Disposals++;
    }
}
