using Gateway.Abstractions.Buses;
using Gateway.Linux.Interop;
using Gateway.Linux.Sysfs;

namespace Gateway.Linux.Tests.Sysfs;

/// <summary>Attributes as files, and what their errors mean.</summary>
public sealed class SysfsTreeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-sysfs-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void An_attribute_is_read_whole_without_its_line_break_and_written()
    {
        var tree = new SysfsTree(_folder.FullName);
        var longText = new string('x', 20_000);
        File.WriteAllText(Path.Combine(_folder.FullName, "temp1_input"), "25500\n");
        File.WriteAllText(Path.Combine(_folder.FullName, "long"), longText);

        Assert.Equal("25500", tree.Read("temp1_input"));
        Assert.Equal(longText, tree.Read("long"));
        tree.Write("temp1_input", "1\n");
        Assert.Equal("1", tree.Read("temp1_input")[..1]);
    }

    [Fact]
    public void Folders_are_listed_and_links_told()
    {
        _folder.CreateSubdirectory("class/hwmon/hwmon1");
        Directory.CreateSymbolicLink(Path.Combine(_folder.FullName, "class/hwmon/hwmon0"), "../../devices/1-0048/hwmon/hwmon0");
        var tree = new SysfsTree(_folder.FullName);

        Assert.Equal(["hwmon0", "hwmon1"], tree.List("class/hwmon"));
        Assert.Empty(tree.List("class/leds"));
        Assert.Equal("../../devices/1-0048/hwmon/hwmon0", tree.ReadLink("class/hwmon/hwmon0"));
        Assert.Null(tree.ReadLink("class/hwmon/hwmon1"));
        Assert.Null(tree.ReadLink("class/hwmon/hwmon2"));
        Assert.True(tree.Exists("class/hwmon/hwmon1"));
        Assert.False(tree.Exists("class/hwmon/hwmon2"));
    }

    [Fact]
    public void What_is_not_there_is_told_with_its_path()
    {
        var fault = Assert.Throws<BusException>(() => new SysfsTree(_folder.FullName).Read("temp1_input"));

        Assert.Equal((BusReasons.NotThere, $"There is no {_folder.FullName}/temp1_input (ENOENT)."), (fault.Reason, fault.Message));
    }

    [Fact]
    public void The_kernels_own_files_are_read() => Assert.Matches("^cpu +[0-9]+ ", new SysfsTree("/proc").Read("stat"));

    [Theory]
    [InlineData(Errno.ENXIO, "no-ack")]
    [InlineData(Errno.EREMOTEIO, "no-ack")]
    [InlineData(Errno.ENODEV, "gone")]
    [InlineData(Errno.EIO, "io-error")]
    [InlineData(Errno.ETIMEDOUT, "timeout")]
    [InlineData(Errno.EACCES, "denied")]
    [InlineData(Errno.EAGAIN, "not-ready")]
    [InlineData(Errno.ENODATA, "not-ready")]
    public void Every_error_has_its_reason(int errno, string reason) => Assert.Equal(reason, SysfsErrors.Reading("/sys/x", errno).Reason);

    [Fact]
    public void Who_may_not_write_is_told_what_to_do() => Assert.Equal(
        "/sys/x may not be written by this user; a udev rule can hand it to the service's group (as /usr/lib/udev/rules.d/60-gateway.rules does) (EACCES).",
        SysfsErrors.Writing("/sys/x", Errno.EACCES).Message);
}
