using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Linux.Interop;

/// <summary>Serial lines: <c>asm-generic/termbits.h</c>, <c>asm-generic/ioctls.h</c>, <c>linux/serial.h</c>.</summary>
internal static class Termios
{
    public const nuint TCGETS2 = 0x802C542A;
    public const nuint TCSETS2 = 0x402C542B;
    public const nuint TCFLSH = 0x540B;
    public const nuint TCSBRK = 0x5409;
    public const nuint TIOCEXCL = 0x540C;
    public const nuint TIOCMBIS = 0x5416;
    public const nuint TIOCMBIC = 0x5417;
    public const nuint FIONBIO = 0x5421;
    public const nuint TIOCGSERIAL = 0x541E;
    public const nuint TIOCSSERIAL = 0x541F;
    public const nuint TIOCSRS485 = 0x542F;

    public const int TCIFLUSH = 0;

    public const uint INPCK = 0x10;

    public const uint CBAUD = 0x100F;
    public const uint CS7 = 0x20;
    public const uint CS8 = 0x30;
    public const uint CSTOPB = 0x40;
    public const uint CREAD = 0x80;
    public const uint PARENB = 0x100;
    public const uint PARODD = 0x200;
    public const uint CLOCAL = 0x800;
    public const uint BOTHER = 0x1000;
    public const int IBSHIFT = 16;
    public const uint CMSPAR = 0x40000000;

    public const int VTIME = 5;
    public const int VMIN = 6;

    public const int ASYNC_LOW_LATENCY = 0x2000;

    public const int TIOCM_RTS = 0x4;

    public const uint SER_RS485_ENABLED = 0x1;
    public const uint SER_RS485_RTS_ON_SEND = 0x2;
    public const uint SER_RS485_RTS_AFTER_SEND = 0x4;
}

/// <summary>44 bytes on every architecture.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct termios2
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public control_characters c_cc;
    public uint c_ispeed;
    public uint c_ospeed;
}

[InlineArray(19)]
internal struct control_characters
{
    private byte _first;
}

/// <summary>72 bytes with 64-bit pointers, 60 with 32.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct serial_struct
{
    public int type;
    public int line;
    public uint port;
    public int irq;
    public int flags;
    public int xmit_fifo_size;
    public int custom_divisor;
    public int baud_base;
    public ushort close_delay;
    public byte io_type;
    public byte reserved_char;
    public int hub6;
    public ushort closing_wait;
    public ushort closing_wait2;
    public nint iomem_base;
    public ushort iomem_reg_shift;
    public uint port_high;
    public nuint iomap_base;
}

/// <summary>32 bytes on every architecture.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct serial_rs485
{
    public uint flags;
    public uint delay_rts_before_send;
    public uint delay_rts_after_send;
    public rs485_padding padding;
}

[InlineArray(5)]
internal struct rs485_padding
{
    private uint _first;
}
