using System.Runtime.InteropServices;

namespace Gateway.Linux.Interop;

/// <summary>I2C adapters: <c>linux/i2c.h</c>, <c>linux/i2c-dev.h</c>.</summary>
internal static class I2cDev
{
    public const nuint I2C_SLAVE = 0x703;
    public const nuint I2C_FUNCS = 0x705;
    public const nuint I2C_RDWR = 0x707;
    public const nuint I2C_PEC = 0x708;
    public const nuint I2C_SMBUS = 0x720;

    public const nuint I2C_FUNC_I2C = 0x1;
    public const nuint I2C_FUNC_SMBUS_PEC = 0x8;
    public const nuint I2C_FUNC_SMBUS_READ_BYTE = 0x20000;
    public const nuint I2C_FUNC_SMBUS_READ_WORD_DATA = 0x200000;
    public const nuint I2C_FUNC_SMBUS_WRITE_WORD_DATA = 0x400000;
    public const nuint I2C_FUNC_SMBUS_READ_I2C_BLOCK = 0x4000000;
    public const nuint I2C_FUNC_SMBUS_WRITE_I2C_BLOCK = 0x8000000;

    public const ushort I2C_M_RD = 0x1;

    public const byte I2C_SMBUS_WRITE = 0;
    public const byte I2C_SMBUS_READ = 1;

    public const uint I2C_SMBUS_BYTE = 1;
    public const uint I2C_SMBUS_BYTE_DATA = 2;
    public const uint I2C_SMBUS_WORD_DATA = 3;
    public const uint I2C_SMBUS_I2C_BLOCK_DATA = 8;

    public const int I2C_SMBUS_BLOCK_MAX = 32;
}

/// <summary>16 bytes with 64-bit pointers, 12 with 32.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct i2c_msg
{
    public ushort addr;
    public ushort flags;
    public ushort len;
    public nint buf;
}

/// <summary>16 bytes with 64-bit pointers, 8 with 32.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct i2c_rdwr_ioctl_data
{
    public nint msgs;
    public uint nmsgs;
}

/// <summary>16 bytes with 64-bit pointers, 12 with 32.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct i2c_smbus_ioctl_data
{
    public byte read_write;
    public byte command;
    public uint size;
    public nint data;
}
