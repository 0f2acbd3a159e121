using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Tests;

/// <summary>Sizes as the kernel's headers give them; the request numbers contain them.</summary>
public sealed class InteropTests
{
    [Fact]
    public void Structs_have_the_kernels_sizes()
    {
        Assert.Equal(44, Marshal.SizeOf<termios2>());
        Assert.Equal(8, Marshal.SizeOf<pollfd>());
        Assert.Equal(IntPtr.Size == 8 ? 72 : 60, Marshal.SizeOf<serial_struct>());
        Assert.Equal(Termios.TCGETS2 >> 16 & 0x3FFF, (nuint)Marshal.SizeOf<termios2>());
        Assert.Equal(Termios.TCSETS2 >> 16 & 0x3FFF, (nuint)Marshal.SizeOf<termios2>());
    }

    [Fact]
    public void Structs_of_gpio_have_the_kernels_sizes_and_their_requests_say_the_same()
    {
        Assert.Equal((68, 256, 592, 272, 16, 48), (
            Unsafe.SizeOf<gpiochip_info>(),
            Unsafe.SizeOf<gpio_v2_line_info>(),
            Unsafe.SizeOf<gpio_v2_line_request>(),
            Unsafe.SizeOf<gpio_v2_line_config>(),
            Unsafe.SizeOf<gpio_v2_line_values>(),
            Unsafe.SizeOf<gpio_v2_line_event>()));
        Assert.Equal(
            [68, 256, 592, 272, 16, 16],
            new[]
            {
                GpioCdev.GPIO_GET_CHIPINFO_IOCTL,
                GpioCdev.GPIO_V2_GET_LINEINFO_IOCTL,
                GpioCdev.GPIO_V2_GET_LINE_IOCTL,
                GpioCdev.GPIO_V2_LINE_SET_CONFIG_IOCTL,
                GpioCdev.GPIO_V2_LINE_GET_VALUES_IOCTL,
                GpioCdev.GPIO_V2_LINE_SET_VALUES_IOCTL,
            }.Select(request => (int)(request >> 16 & 0x3FFF)));
    }

    [Fact]
    public void Members_of_gpio_structs_stand_where_the_kernel_looks_for_them()
    {
        var request = new gpio_v2_line_request { num_lines = 1, event_buffer_size = 2, fd = 3 };
        request.consumer[0] = 4;
        request.config.flags = 5;
        request.config.num_attrs = 6;
        request.config.attrs[0].attr.id = 7;
        request.config.attrs[0].attr.debounce_period_us = 8;
        request.config.attrs[9].mask = 9;
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<gpio_v2_line_request>(ref request)).ToArray();
        int[] places = [560, 564, 588, 256, 288, 296, 320, 328, 552];
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9], places.Select(place => bytes[place]).ToArray());
        Assert.Equal(9, bytes.Count(each => each != 0));
    }

    // linux/i2c.h, linux/i2c-dev.h and linux/spi/spidev.h, compiled for 64 and for 32 bits.
    [Fact]
    public void Structs_of_i2c_and_spi_have_the_kernels_sizes()
    {
        var is64 = IntPtr.Size == 8;
        Assert.Equal(is64 ? 16 : 12, Marshal.SizeOf<i2c_msg>());
        Assert.Equal(is64 ? 16 : 8, Marshal.SizeOf<i2c_rdwr_ioctl_data>());
        Assert.Equal(is64 ? 16 : 12, Marshal.SizeOf<i2c_smbus_ioctl_data>());
        Assert.Equal(32, Marshal.SizeOf<spi_ioc_transfer>());
        Assert.Equal(SpiDev.SPI_IOC_MESSAGE_1 >> 16 & 0x3FFF, (nuint)Marshal.SizeOf<spi_ioc_transfer>());
    }
}
