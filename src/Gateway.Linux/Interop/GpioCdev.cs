using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Linux.Interop;

/// <summary>The GPIO character device, version 2, of kernel 5.10 and later: <c>linux/gpio.h</c>. One layout on every architecture.</summary>
internal static class GpioCdev
{
    public const nuint GPIO_GET_CHIPINFO_IOCTL = 0x8044B401;
    public const nuint GPIO_V2_GET_LINEINFO_IOCTL = 0xC100B405;
    public const nuint GPIO_V2_GET_LINE_IOCTL = 0xC250B407;
    public const nuint GPIO_V2_LINE_SET_CONFIG_IOCTL = 0xC110B40D;
    public const nuint GPIO_V2_LINE_GET_VALUES_IOCTL = 0xC010B40E;
    public const nuint GPIO_V2_LINE_SET_VALUES_IOCTL = 0xC010B40F;

    public const int GPIO_MAX_NAME_SIZE = 32;
    public const int GPIO_V2_LINES_MAX = 64;
    public const int GPIO_V2_LINE_NUM_ATTRS_MAX = 10;

    public const ulong GPIO_V2_LINE_FLAG_USED = 1 << 0;
    public const ulong GPIO_V2_LINE_FLAG_ACTIVE_LOW = 1 << 1;
    public const ulong GPIO_V2_LINE_FLAG_INPUT = 1 << 2;
    public const ulong GPIO_V2_LINE_FLAG_OUTPUT = 1 << 3;
    public const ulong GPIO_V2_LINE_FLAG_EDGE_RISING = 1 << 4;
    public const ulong GPIO_V2_LINE_FLAG_EDGE_FALLING = 1 << 5;
    public const ulong GPIO_V2_LINE_FLAG_BIAS_PULL_UP = 1 << 8;
    public const ulong GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN = 1 << 9;
    public const ulong GPIO_V2_LINE_FLAG_BIAS_DISABLED = 1 << 10;

    public const uint GPIO_V2_LINE_ATTR_ID_FLAGS = 1;
    public const uint GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES = 2;
    public const uint GPIO_V2_LINE_ATTR_ID_DEBOUNCE = 3;

    public const uint GPIO_V2_LINE_EVENT_RISING_EDGE = 1;
}

/// <summary>68 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct gpiochip_info
{
    public gpio_name name;
    public gpio_name label;
    public uint lines;
}

/// <summary>16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct gpio_v2_line_values
{
    public ulong bits;
    public ulong mask;
}

/// <summary>16 bytes. The value is flags, a bit per line, or a time in microseconds in its first four bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct gpio_v2_line_attribute
{
    [FieldOffset(0)]
    public uint id;

    [FieldOffset(8)]
    public ulong flags;

    [FieldOffset(8)]
    public ulong values;

    [FieldOffset(8)]
    public uint debounce_period_us;
}

/// <summary>24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct gpio_v2_line_config_attribute
{
    public gpio_v2_line_attribute attr;
    public ulong mask;
}

/// <summary>272 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct gpio_v2_line_config
{
    public ulong flags;
    public uint num_attrs;
    public gpio_padding5 padding;
    public gpio_v2_line_config_attributes attrs;
}

/// <summary>592 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct gpio_v2_line_request
{
    public gpio_offsets offsets;
    public gpio_name consumer;
    public gpio_v2_line_config config;
    public uint num_lines;
    public uint event_buffer_size;
    public gpio_padding5 padding;
    public int fd;
}

/// <summary>256 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct gpio_v2_line_info
{
    public gpio_name name;
    public gpio_name consumer;
    public uint offset;
    public uint num_attrs;
    public ulong flags;
    public gpio_v2_line_attributes attrs;
    public gpio_padding4 padding;
}

/// <summary>48 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct gpio_v2_line_event
{
    public ulong timestamp_ns;
    public uint id;
    public uint offset;
    public uint seqno;
    public uint line_seqno;
    public gpio_padding6 padding;
}

/// <summary>A text of up to 31 bytes.</summary>
[InlineArray(GpioCdev.GPIO_MAX_NAME_SIZE)]
internal struct gpio_name
{
    private byte _first;
}

[InlineArray(GpioCdev.GPIO_V2_LINES_MAX)]
internal struct gpio_offsets
{
    private uint _first;
}

[InlineArray(GpioCdev.GPIO_V2_LINE_NUM_ATTRS_MAX)]
internal struct gpio_v2_line_config_attributes
{
    private gpio_v2_line_config_attribute _first;
}

[InlineArray(GpioCdev.GPIO_V2_LINE_NUM_ATTRS_MAX)]
internal struct gpio_v2_line_attributes
{
    private gpio_v2_line_attribute _first;
}

[InlineArray(4)]
internal struct gpio_padding4
{
    private uint _first;
}

[InlineArray(5)]
internal struct gpio_padding5
{
    private uint _first;
}

[InlineArray(6)]
internal struct gpio_padding6
{
    private uint _first;
}
