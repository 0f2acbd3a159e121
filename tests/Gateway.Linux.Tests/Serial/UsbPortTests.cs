using Gateway.Linux.Serial;

namespace Gateway.Linux.Tests.Serial;

/// <summary>USB adapters found in a folder laid out as the kernel's sysfs is.</summary>
public sealed class UsbPortTests : IDisposable
{
    private readonly DirectoryInfo _sysfs = Directory.CreateTempSubdirectory("gateway-sysfs-");

    public void Dispose() => _sysfs.Delete(recursive: true);

    [Theory]
    [InlineData("usb:0403:6001", "usb:0403:6001")]
    [InlineData("usb:403:6001", "usb:0403:6001")]
    [InlineData("usb:10C4:EA60:0001", "usb:10c4:ea60:0001")]
    [InlineData("usb:1a86:7523:a:b", "usb:1a86:7523:a:b")]
    public void An_adapter_is_named_by_its_ids(string text, string expected)
    {
        Assert.True(UsbAdapter.TryParse(text, out var adapter));
        Assert.Equal(expected, adapter.ToString());
    }

    [Theory]
    [InlineData("usb:")]
    [InlineData("usb:0403")]
    [InlineData("usb:0403:")]
    [InlineData("usb:0403:6001:")]
    [InlineData("usb:0x0403:6001")]
    [InlineData("usb:00403:6001")]
    [InlineData("/dev/ttyUSB0")]
    public void Other_texts_name_no_adapter(string text) => Assert.False(UsbAdapter.TryParse(text, out _));

    [Fact]
    public void An_adapter_is_found_by_its_ids_and_its_serial_number()
    {
        AddUsbSerial("ttyUSB0", "1-1", "0403", "6001", "A9XYZ");
        AddUsbSerial("ttyUSB1", "1-2", "0403", "6001", "B7");
        AddModem("ttyACM0", "1-3", "2341", "0043", null);
        AddUart("ttyS0");

        Assert.Equal("/dev/ttyUSB0", UsbPort.Resolve("usb:0403:6001:A9XYZ", _sysfs.FullName));
        Assert.Equal("/dev/ttyUSB1", UsbPort.Resolve("usb:0403:6001:B7", _sysfs.FullName));
        Assert.Equal("/dev/ttyACM0", UsbPort.Resolve("usb:2341:43", _sysfs.FullName));
        Assert.Equal("/dev/ttyS0", UsbPort.Resolve("/dev/ttyS0", _sysfs.FullName));
        Assert.Equal(["/dev/ttyACM0", "/dev/ttyUSB0", "/dev/ttyUSB1"], UsbPort.List(_sysfs.FullName).Select(port => port.Path));
    }

    [Fact]
    public void An_adapter_that_is_not_there_is_told_with_those_that_are()
    {
        AddUsbSerial("ttyUSB0", "1-1", "0403", "6001", "A9XYZ");

        var e = Assert.Throws<LinuxException>(() => UsbPort.Resolve("usb:1a86:7523", _sysfs.FullName));
        Assert.Equal("There is no USB adapter usb:1a86:7523; there are usb:0403:6001:A9XYZ (/dev/ttyUSB0). (ENODEV)", e.Message);
        Assert.Equal(
            "There is no USB adapter usb:1a86:7523; no USB serial port is there at all. (ENODEV)",
            Assert.Throws<LinuxException>(() => UsbPort.Resolve("usb:1a86:7523", "/nowhere")).Message);
    }

    [Fact]
    public void Two_adapters_of_one_kind_are_told_apart_by_their_serial_numbers()
    {
        AddUsbSerial("ttyUSB0", "1-1", "0403", "6001", "A9XYZ");
        AddUsbSerial("ttyUSB1", "1-2", "0403", "6001", "B7");

        var e = Assert.Throws<LinuxException>(() => UsbPort.Resolve("usb:0403:6001", _sysfs.FullName));
        Assert.Equal(
            "usb:0403:6001 is more than one port: usb:0403:6001:A9XYZ (/dev/ttyUSB0), usb:0403:6001:B7 (/dev/ttyUSB1); "
            + "add the serial number, or name one by its path below /dev/serial/by-path. (EINVAL)",
            e.Message);
    }

    [Fact]
    public void The_latency_timer_of_an_FTDI_adapter_is_set_where_there_is_one()
    {
        AddUsbSerial("ttyUSB0", "1-1", "0403", "6001", "A9XYZ");
        var timer = Path.Combine(_sysfs.FullName, "devices/usb1/1-1/1-1:1.0/ttyUSB0/latency_timer");
        File.WriteAllText(timer, "16\n");

        LineSettings.ShortenLatencyTimer("/dev/ttyUSB0", _sysfs.FullName);
        LineSettings.ShortenLatencyTimer("/dev/ttyS0", _sysfs.FullName);

        Assert.Equal("1", File.ReadAllText(timer));
    }

    // The layout of usb-serial drivers: port device below the interface.
    private void AddUsbSerial(string name, string usb, string vendor, string product, string? serial)
    {
        AddDevice(usb, vendor, product, serial);
        AddTty(name, $"devices/usb1/{usb}/{usb}:1.0/{name}/tty/{name}", $"../../../{name}");
    }

    // That of cdc-acm: the interface itself.
    private void AddModem(string name, string usb, string vendor, string product, string? serial)
    {
        AddDevice(usb, vendor, product, serial);
        AddTty(name, $"devices/usb1/{usb}/{usb}:1.0/tty/{name}", $"../../../{usb}:1.0");
    }

    private void AddUart(string name) => AddTty(name, $"devices/platform/serial8250/tty/{name}", "../../../serial8250");

    private void AddDevice(string usb, string vendor, string product, string? serial)
    {
        var device = _sysfs.CreateSubdirectory($"devices/usb1/{usb}").FullName;
        File.WriteAllText(Path.Combine(device, "idVendor"), vendor + "\n");
        File.WriteAllText(Path.Combine(device, "idProduct"), product + "\n");
        if (serial is not null)
            File.WriteAllText(Path.Combine(device, "serial"), serial + "\n");
    }

    private void AddTty(string name, string place, string device)
    {
        var tty = _sysfs.CreateSubdirectory(place).FullName;
        Directory.CreateSymbolicLink(Path.Combine(tty, "device"), device);
        Directory.CreateSymbolicLink(Path.Combine(_sysfs.CreateSubdirectory("class/tty").FullName, name), "../../" + place);
    }
}
