using Gateway.Abstractions.Buses;
using Gateway.Drivers.Chips;

namespace Gateway.Drivers.Spi;

/// <summary>
/// Registers over SPI: the highest bit of a register's number says whether it is read or written; by what most chips do, a read has it set.
/// </summary>
internal sealed class SpiRegisters : IRegisterAccess<ISpiDevice>
{
    private const byte ReadFlag = 0x80;

    public void Write(ISpiDevice port, ReadOnlySpan<byte> register, ReadOnlySpan<byte> value)
    {
        byte[] bytes = [.. register, .. value];
        bytes[0] &= unchecked((byte)~ReadFlag);
        port.Transfer(bytes, []);
    }

    public void Read(ISpiDevice port, ReadOnlySpan<byte> register, Span<byte> value)
    {
        byte[] sent = [.. register, .. new byte[value.Length]];
        sent[0] |= ReadFlag;
        var received = new byte[sent.Length];
        port.Transfer(sent, received);
        received.AsSpan(register.Length).CopyTo(value);
    }

    public void Send(ISpiDevice port, ReadOnlySpan<byte> bytes) => port.Transfer(bytes, []);

    /// <summary>Without a wait the answer comes while the bytes are sent, beginning with the first; with one, in a transfer of its own.</summary>
    public IEnumerable<TimeSpan> Ask(ISpiDevice port, byte[] sent, byte[] answer, TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
        {
            port.Transfer(sent, []);
            yield return wait;
            port.Transfer(new byte[answer.Length], answer);
            yield break;
        }

        var length = Math.Max(sent.Length, answer.Length);
        var received = new byte[length];
        port.Transfer([.. sent, .. new byte[length - sent.Length]], received);
        received.AsSpan(0, answer.Length).CopyTo(answer);
    }
}
