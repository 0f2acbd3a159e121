using System.Runtime.InteropServices;
using Gateway.Linux.Interop;

namespace Gateway.Linux.I2c;

/// <summary>The device file of an adapter.</summary>
internal sealed class I2cDescriptor : II2cKernel
{
    private readonly SafeFileDescriptor _descriptor;

    private I2cDescriptor(SafeFileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>Opens it; null, and the error number, if it does not open.</summary>
    public static I2cDescriptor? Open(string path, out int errno)
    {
        var descriptor = new SafeFileDescriptor(Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC));
        errno = descriptor.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        return descriptor.IsInvalid ? null : new(descriptor);
    }

    public unsafe int ReadFunctions(out nuint functions)
    {
        fixed (nuint* place = &functions)
        {
            *place = 0;
            return Call(I2cDev.I2C_FUNCS, (nint)place);
        }
    }

    public int SetAddress(int address) => Call(I2cDev.I2C_SLAVE, address);

    public int SetPec(bool isOn) => Call(I2cDev.I2C_PEC, isOn ? 1 : 0);

    public unsafe int Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read)
    {
        fixed (byte* writeBuffer = written)
        fixed (byte* readBuffer = read)
        {
            var messages = stackalloc i2c_msg[2];
            var count = 0u;
            if (!written.IsEmpty)
                messages[count++] = new() { addr = (ushort)address, len = (ushort)written.Length, buf = (nint)writeBuffer };
            if (!read.IsEmpty)
                messages[count++] = new() { addr = (ushort)address, flags = I2cDev.I2C_M_RD, len = (ushort)read.Length, buf = (nint)readBuffer };

            var transaction = new i2c_rdwr_ioctl_data { msgs = (nint)messages, nmsgs = count };
            return Call(I2cDev.I2C_RDWR, (nint)(&transaction));
        }
    }

    public unsafe int TransferSmBus(byte direction, byte command, uint size, Span<byte> data)
    {
        fixed (byte* buffer = data)
        {
            var transfer = new i2c_smbus_ioctl_data { read_write = direction, command = command, size = size, data = (nint)buffer };
            return Call(I2cDev.I2C_SMBUS, (nint)(&transfer));
        }
    }

    public void Dispose() => _descriptor.Dispose();

    private int Call(nuint request, nint argument) => Libc.ioctl(_descriptor, request, argument) < 0 ? Marshal.GetLastPInvokeError() : 0;
}
