using Gateway.Drivers.Chips;

namespace Gateway.Drivers.I2c;

/// <summary>Registers over I2C: their number is written, and what is in them read or written behind it.</summary>
internal sealed class I2cRegisters : IRegisterAccess<I2cPort>
{
    public void Write(I2cPort port, ReadOnlySpan<byte> register, ReadOnlySpan<byte> value) => port.Write([.. register, .. value]);

    public void Read(I2cPort port, ReadOnlySpan<byte> register, Span<byte> value) => port.Transfer(register, value);

    public void Send(I2cPort port, ReadOnlySpan<byte> bytes) => port.Write(bytes);

    public IEnumerable<TimeSpan> Ask(I2cPort port, byte[] sent, byte[] answer, TimeSpan wait)
    {
        if (wait == TimeSpan.Zero)
        {
            port.Transfer(sent, answer);
            yield break;
        }

        port.Write(sent);
        yield return wait;
        port.Transfer([], answer);
    }
}
