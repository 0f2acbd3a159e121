namespace Gateway.Linux.I2c;

/// <summary>
/// The calls to an open adapter, as the kernel has them: what is beneath <see cref="I2cAdapter"/>, so that tests can stand
/// in for it. Each answers the error number; 0 is done.
/// </summary>
internal interface II2cKernel : IDisposable
{
    /// <summary><c>I2C_FUNCS</c>: what the adapter can do.</summary>
    int ReadFunctions(out nuint functions);

    /// <summary><c>I2C_SLAVE</c>: the address of SMBus transfers. Refused (EBUSY) where a driver of the kernel has it.</summary>
    int SetAddress(int address);

    /// <summary><c>I2C_PEC</c>: whether SMBus transfers have a packet error code.</summary>
    int SetPec(bool isOn);

    /// <summary><c>I2C_RDWR</c>: one transaction of a message that is written, one that is read, or both.</summary>
    int Transfer(int address, ReadOnlySpan<byte> written, Span<byte> read);

    /// <summary><c>I2C_SMBUS</c>: one transfer of SMBus.</summary>
    /// <param name="direction">Read or write.</param>
    /// <param name="command">The register, or the byte that is sent.</param>
    /// <param name="size">Which transfer.</param>
    /// <param name="data">The kernel's union of 34 bytes.</param>
    int TransferSmBus(byte direction, byte command, uint size, Span<byte> data);
}
