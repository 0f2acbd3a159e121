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
}
