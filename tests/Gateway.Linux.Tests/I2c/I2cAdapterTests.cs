using Gateway.Abstractions.Buses;
using Gateway.Linux.I2c;

namespace Gateway.Linux.Tests.I2c;

public sealed class I2cAdapterTests : IDisposable
{
    private readonly string _device = Path.GetTempFileName(); // a device file that is there

    public void Dispose() => File.Delete(_device);

    [Fact]
    public void A_plain_adapter_is_given_messages()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Plain);
        using var adapter = new I2cAdapter(kernel, _device);

        adapter.Transfer(0x76, [0xD0], new byte[3]);
        adapter.Transfer(0x76, [0xF4, 0x25], []);
        adapter.Transfer(0x40, [], new byte[2]);

        // I2C_SLAVE asks once per chip whether a driver of the kernel has it.
        Assert.Equal("slave 76, 76 wd0 r3, 76 wf425 r0, slave 40, 40 w r2,", kernel.Calls);
    }

    [Fact]
    public async Task Who_reserves_an_adapter_has_it_alone_by_whichever_name_it_was_opened()
    {
        var link = _device + "-link";
        File.CreateSymbolicLink(link, _device);
        try
        {
            var kernel = new FakeI2cKernel(FakeI2cKernel.Plain);
            using var one = new I2cAdapter(kernel, _device);
            using var other = new I2cAdapter(kernel, link);
            using var begins = new ManualResetEventSlim();
            Task waits;
            using (one.Reserve())
            {
                waits = Task.Factory.StartNew(
                    () =>
                    {
                        begins.Set();
                        other.Transfer(0x48, [0], new byte[2]);
                    },
                    CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                Assert.True(begins.Wait(TimeSpan.FromSeconds(30)));
                one.Transfer(0x70, [2], []);
                one.Transfer(0x48, [0], new byte[2]);
                Assert.Equal("slave 70, 70 w02 r0, slave 48, 48 w00 r2,", kernel.Calls);
            }

            await waits.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal("slave 48, 48 w00 r2,", kernel.Calls);
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Theory]
    [InlineData("fd", 0, "write byte fd,")]
    [InlineData("f425", 0, "write byte-data f4 25,")]
    [InlineData("01c383", 0, "write word 01 c383,")]
    [InlineData("0401020304", 0, "write block 04 0401020304,")]
    [InlineData("d0", 1, "read byte-data d0,")]
    [InlineData("00", 2, "read word 00,")]
    [InlineData("f7", 8, "read block f7 8,")]
    [InlineData("88", 40, "read block 88 32, read block a8 8,")]
    [InlineData("88", 33, "read block 88 32, read byte-data a8,")]
    [InlineData("", 1, "read byte 00,")]
    public void An_adapter_that_does_smbus_only_is_given_what_carries_the_same_bytes(string written, int read, string calls)
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Stub);
        using var adapter = new I2cAdapter(kernel, _device);
        var bytes = Enumerable.Range(1, read).Select(i => (byte)i).ToArray();
        foreach (var next in bytes)
            kernel.Bytes.Enqueue(next);
        var answer = new byte[read];

        adapter.Transfer(0x48, Convert.FromHexString(written), answer);

        Assert.Equal($"slave 48, {calls}", kernel.Calls);
        Assert.Equal(bytes, answer);
    }

    [Fact]
    public void Without_blocks_registers_are_read_one_by_one()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Stub & ~(nuint)0x4000000);
        using var adapter = new I2cAdapter(kernel, _device);

        adapter.Transfer(0x48, [0xF7], new byte[3]);

        Assert.Equal("slave 48, read byte-data f7, read byte-data f8, read byte-data f9,", kernel.Calls);
    }

    [Theory]
    [InlineData("2400", 6)]
    [InlineData("", 6)]
    public void What_smbus_has_no_form_for_is_refused(string written, int read)
    {
        using var adapter = new I2cAdapter(new FakeI2cKernel(FakeI2cKernel.Stub), _device);

        var fault = Assert.Throws<BusException>(() => adapter.Transfer(0x44, Convert.FromHexString(written), new byte[read]));

        Assert.Equal((BusReasons.NotSupported, false), (fault.Reason, fault.IsBusFault));
    }

    [Fact]
    public void The_address_of_smbus_transfers_follows_the_chip()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Stub);
        using var adapter = new I2cAdapter(kernel, _device);

        adapter.Transfer(0x48, [0], new byte[1]);
        adapter.Transfer(0x49, [0], new byte[1]);
        adapter.Transfer(0x48, [0], new byte[1]);
        adapter.Transfer(0x48, [0], new byte[1]);

        Assert.Equal("slave 48, read byte-data 00, slave 49, read byte-data 00, slave 48, read byte-data 00, read byte-data 00,", kernel.Calls);
    }

    // CRC-8 of "123456789" with the polynomial of SMBus is 0xF4 (the check value of CRC-8/SMBUS in the catalogue of RevEng).
    [Fact]
    public void The_packet_error_code_is_that_of_smbus() => Assert.Equal(0xF4, Pec.Add(Pec.Start, "123456789"u8));

    [Fact]
    public void A_packet_error_code_is_sent_and_checked()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Plain);
        using var adapter = new I2cAdapter(kernel, _device);

        // MLX90614 datasheet §8.4.3.1: a read of RAM address 7; Melexis' application note on SMBus: the erasure of the chip's address.
        foreach (var next in (byte[])[0xD2, 0x3A, 0x30])
            kernel.Bytes.Enqueue(next);
        var read = new byte[2];
        adapter.Transfer(0x5A, [0x07], read, withPec: true);
        Assert.Equal([0xD2, 0x3A], read);
        Assert.Equal("slave 5a, 5a w07 r3,", kernel.Calls);

        foreach (var next in (byte[])[0xD2, 0x3B, 0x30])
            kernel.Bytes.Enqueue(next);
        Assert.Equal(BusReasons.Checksum, Assert.Throws<BusException>(() => adapter.Transfer(0x5A, [0x07], read, withPec: true)).Reason);

        _ = kernel.Calls;
        adapter.Transfer(0x00, [0x2E, 0x00, 0x00], [], withPec: true);
        Assert.Equal("slave 00, 00 w2e00006f r0,", kernel.Calls);
    }

    // Documentation/i2c/smbus-protocol.rst: I2C block transactions have no packet error code.
    [Fact]
    public void An_adapter_of_smbus_makes_no_block_where_a_code_is_asked_for()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Stub | 0x8);
        using var adapter = new I2cAdapter(kernel, _device);

        adapter.Transfer(0x5A, [0x07], new byte[3], withPec: true);
        Assert.Equal("slave 5a, pec on, read byte-data 07, read byte-data 08, read byte-data 09,", kernel.Calls);
        Assert.Equal(BusReasons.NotSupported, Assert.Throws<BusException>(() => adapter.Transfer(0x5A, [0x07, 1, 2, 3], [], withPec: true)).Reason);
        Assert.Equal("", kernel.Calls);
    }

    [Fact]
    public void An_adapter_of_smbus_makes_the_code_itself()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Stub | 0x8);
        using var adapter = new I2cAdapter(kernel, _device);

        adapter.Transfer(0x5A, [0x07], new byte[2], withPec: true);
        adapter.Transfer(0x5A, [0x07], new byte[2]);

        Assert.Equal("slave 5a, pec on, read word 07, pec off, read word 07,", kernel.Calls);
    }

    [Theory]
    [InlineData(6, "no-ack", false)]
    [InlineData(121, "no-ack", false)]
    [InlineData(19, "no-ack", false)]
    [InlineData(110, "timeout", false)]
    [InlineData(11, "arbitration-lost", false)]
    [InlineData(16, "bus-stuck", true)]
    [InlineData(74, "checksum", false)]
    [InlineData(95, "not-supported", false)]
    [InlineData(5, "io-error", false)]
    [InlineData(108, "gone", true)]
    public void An_error_number_has_its_reason(int errno, string reason, bool isBusFault)
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Plain);
        kernel.Errors.Enqueue(errno);
        using var adapter = new I2cAdapter(kernel, _device);

        var fault = Assert.Throws<BusException>(() => adapter.Transfer(0x76, [0xD0], new byte[1]));

        Assert.Equal((reason, isBusFault), (fault.Reason, fault.IsBusFault));
        Assert.EndsWith(").", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Once_the_device_file_is_gone_so_is_the_adapter()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Plain);
        kernel.Errors.Enqueue(19);
        using var adapter = new I2cAdapter(kernel, _device + ".gone");

        var fault = Assert.Throws<BusException>(() => adapter.Transfer(0x76, [0xD0], new byte[1]));

        Assert.Equal((BusReasons.Gone, true), (fault.Reason, fault.IsBusFault));
    }

    [Fact]
    public void A_chip_of_the_kernel_is_left_to_it()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Plain) { AddressErrors = { [0x68] = 16 } };
        using var adapter = new I2cAdapter(kernel, _device);

        var fault = Assert.Throws<BusException>(() => adapter.Transfer(0x68, [0x11], new byte[2]));

        Assert.Equal(BusReasons.Busy, fault.Reason);
        Assert.Equal("slave 68,", kernel.Calls);
    }

    [Fact]
    public void A_call_that_a_signal_interrupts_is_made_again()
    {
        var kernel = new FakeI2cKernel(FakeI2cKernel.Plain);
        kernel.Errors.Enqueue(4);
        using var adapter = new I2cAdapter(kernel, _device);

        adapter.Transfer(0x76, [0xD0], new byte[1]);

        Assert.Equal("slave 76, 76 wd0 r1, 76 wd0 r1,", kernel.Calls);
    }

    [Fact]
    public void An_adapter_that_is_not_there_is_said_so()
    {
        var fault = Assert.Throws<BusException>(() => I2cAdapter.Open("/dev/i2c-there-is-none"));

        Assert.Equal((BusReasons.Gone, true), (fault.Reason, fault.IsBusFault));
        Assert.Contains("raspi-config", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_adapter_is_said_so()
    {
        var fault = Assert.Throws<BusException>(() => I2cAdapter.Open("/dev/null"));

        Assert.Equal("/dev/null is not an I2C adapter (ENOTTY).", fault.Message);
    }

    [Theory]
    [InlineData("1", "/dev/i2c-1")]
    [InlineData("/dev/by-path/x", "/dev/by-path/x")]
    [InlineData("SMBus I801 adapter at efa0", null)]
    public void A_path_is_told_without_asking_the_machine_or_not_at_all(string name, string? path) => Assert.Equal(path, I2cAdapterInfo.PathOf(name));

    [Fact]
    public void Adapters_are_found_by_number_path_and_name()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-i2c-").FullName;
        try
        {
            foreach (var (number, name) in ((int, string)[])[(10, "i2c-1-mux (chan_id 0)"), (1, "bcm2835 (i2c@7e804000)"), (2, "same"), (3, "same")])
            {
                Directory.CreateDirectory(Path.Combine(folder, $"i2c-{number}"));
                File.WriteAllText(Path.Combine(folder, $"i2c-{number}", "name"), name + "\n");
            }

            Assert.Equal([1, 2, 3, 10], I2cAdapterInfo.List(folder).Select(adapter => adapter.Number));
            Assert.Equal("/dev/i2c-7", I2cAdapterInfo.Resolve("7", folder));
            Assert.Equal("/dev/by-path/x", I2cAdapterInfo.Resolve("/dev/by-path/x", folder));
            Assert.Equal("/dev/i2c-10", I2cAdapterInfo.Resolve("i2c-1-mux (chan_id 0)", folder));
            Assert.Contains("more than one", Assert.Throws<BusException>(() => I2cAdapterInfo.Resolve("same", folder)).Message, StringComparison.Ordinal);
            Assert.Contains("no I2C adapter other", Assert.Throws<BusException>(() => I2cAdapterInfo.Resolve("other", folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
